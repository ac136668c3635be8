import os
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from postroad.platform.database.address import database_settings
from postroad.platform.database.embedded import EmbeddedServer, socket_directory


@pytest.fixture
def server():
    # Not below pytest's own folder, which shuts out the system user that the server runs as.
    with tempfile.TemporaryDirectory(prefix="postroad-pg-") as folder:
        server = EmbeddedServer(Path(folder) / "postgres")
        server.start()
        yield server
        server.stop(mode="immediate")


@pytest.mark.django_db
def test_the_embedded_server_comes_back_with_its_data_after_kill_9(server):
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    pid = int((server.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    subprocess.run(["sleep", "0.3"], check=True)
    assert not server.is_running()
    assert server.start()
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert not server.start(), "starting a running server changes nothing"


def test_nobody_else_on_the_machine_reaches_the_embedded_server(server):
    assert server.data.stat().st_mode & 0o077 == 0
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_a_long_path_gets_a_short_socket(tmp_path):
    deep = tmp_path / ("d" * 120)
    assert len(str(socket_directory(deep))) < 90
    assert socket_directory(tmp_path) == tmp_path


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql://host", "nonsense"])
def test_an_address_that_is_not_postgresql_is_refused_with_a_sentence(url, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(Exception, match="must look like postgresql://"):
        database_settings(home=tmp_path)


def test_a_database_address_is_read_whole(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://po%40st:s%2Fecret@db.example:5433/road?sslmode=require")
    found = database_settings(home=tmp_path)
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "po@st",
        "s/ecret",
        "db.example",
        "5433",
        "road",
    )
    assert found["OPTIONS"]["sslmode"] == "require"
    assert "force_custom_plan" in found["OPTIONS"]["options"]
