"""Every write to people, departments, posts, outside parties and accounts."""

from postroad.org.actions.accounts import (
    close_account,
    issue_password_link,
    issue_password_links,
    open_account,
    record_sign_in,
    reopen_account,
    reset_second_factor,
    set_password,
)
from postroad.org.actions.departments import create_department, update_department
from postroad.org.actions.exports import export_people
from postroad.org.actions.imports import (
    apply_import,
    check_import,
    discard_import,
    discard_old_imports,
    import_people,
    request_apply,
)
from postroad.org.actions.outside import (
    create_contact,
    create_organisation,
    match_contacts,
    update_contact,
    update_organisation,
)
from postroad.org.actions.people import (
    close_leavers,
    create_person,
    end_person,
    set_language,
    update_person,
    withdraw_leaving,
)
from postroad.org.actions.personal import erase_personal, reveal_personal
from postroad.org.actions.posts import end_post, open_post

__all__ = [
    "apply_import",
    "check_import",
    "close_account",
    "close_leavers",
    "create_contact",
    "create_department",
    "create_organisation",
    "create_person",
    "discard_import",
    "discard_old_imports",
    "end_person",
    "end_post",
    "erase_personal",
    "export_people",
    "import_people",
    "issue_password_link",
    "issue_password_links",
    "match_contacts",
    "open_account",
    "open_post",
    "record_sign_in",
    "reopen_account",
    "request_apply",
    "reset_second_factor",
    "reveal_personal",
    "set_language",
    "set_password",
    "update_contact",
    "update_department",
    "update_organisation",
    "update_person",
    "withdraw_leaving",
]
