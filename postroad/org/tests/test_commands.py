import pytest
from django.conf import settings

from postroad.org.bootstrap import create_administrator, link_for
from postroad.org.models import Account
from postroad.org.permissions import Permission, person_may, register
from postroad.org.roles import Role, grants
from postroad.org.tests.cast import PASSWORD
from postroad.platform.errors import Invalid, NotFound


def test_the_first_administrator_is_made_with_a_link_or_a_password(db):
    link = create_administrator(username="root", name="管理员", staff_no="0001")
    assert link.startswith(f"{settings.URL}/org/set-password/")
    assert create_administrator(username="boss", name="老板", staff_no="0002", password=PASSWORD) == ""
    account = Account.objects.get(username="root")
    assert account.roles == {Role.ADMINISTRATOR, Role.STAFF}
    assert account.may(Permission.ACCOUNT_MANAGE)
    with pytest.raises(Invalid):
        create_administrator(username="root", name="又一个", staff_no="0003")


def test_a_link_is_given_for_a_staff_number_too(company):
    assert str(company.agent.account.pk) in link_for(username="a007")
    with pytest.raises(NotFound):
        link_for(username="nobody")


def test_permissions_are_registered_once_and_unknown_ones_are_mistakes(company):
    from django.core.exceptions import ImproperlyConfigured

    with pytest.raises(ImproperlyConfigured):
        register(Permission.PERSON_VIEW, roles={Role.STAFF}, label="again")
    with pytest.raises(ImproperlyConfigured):
        person_may(company.agent, "org.person.dance")
    assert all(str(grant.label) and grant.permission.count(".") >= 1 for grant in grants())
    assert not person_may(company.leaver, Permission.PERSON_VIEW)
