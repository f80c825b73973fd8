"""Downloads against a server on this machine; nothing here leaves it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from catalogs import __main__ as program
from catalogs import download
from catalogs.errors import DataError
from catalogs.pantheon_plus import FILES

CONTENT = b"0123456789" * 10_000


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        if self.path == "/absent":
            self.send_error(404)
            return
        cut = self.path == "/cut" or (self.path == "/cut-once" and self.server.requests.count("/cut-once") == 1)
        content = b"something else" if self.path == "/wrong" else CONTENT
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(places):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests = []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()


@pytest.fixture
def cache(places):
    return places / "cache" / "demo"


def test_whole_file_lands_in_the_cache(server, register, cache):
    path = download.fetch(register(CONTENT, url=f"{server.url}/whole"), retries=0)
    assert path == cache / "demo.dat"
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o444 == 0o444


def test_second_fetch_makes_no_request(server, register):
    file = register(CONTENT, url=f"{server.url}/whole")
    assert download.fetch(file) == download.fetch(file)
    assert server.requests == ["/whole"]


def test_altered_file_in_the_cache_is_replaced(server, register, cache):
    cache.mkdir(parents=True)
    (cache / "demo.dat").write_bytes(b"altered")
    path = download.fetch(register(CONTENT, url=f"{server.url}/whole"), retries=0)
    assert path.read_bytes() == CONTENT


def test_chosen_folder_is_used_and_its_altered_file_is_kept(server, register, places):
    file = register(CONTENT, url=f"{server.url}/whole")
    folder = places / "mine"
    assert download.fetch(file, str(folder)) == folder / "demo.dat"
    (folder / "demo.dat").write_bytes(b"my own")
    with pytest.raises(DataError, match="is altered"):
        download.fetch(file, str(folder))
    assert (folder / "demo.dat").read_bytes() == b"my own"
    assert server.requests == ["/whole"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("/wrong", "what came is not the registered file, its sha256 is wrong"),
        ("/absent", "the server answered 404 Not Found"),
        ("/cut", "the connection was cut half-way"),
    ],
)
def test_failed_download_is_one_line_and_leaves_nothing(server, register, cache, address, reason):
    file = register(CONTENT, url=server.url + address)
    with pytest.raises(DataError, match=f"demo.dat: {reason}.*{address}") as error:
        download.fetch(file, retries=0)
    assert "\n" not in str(error.value)
    assert list(cache.iterdir()) == []


def test_failed_replacement_keeps_what_was_there(server, register, cache):
    cache.mkdir(parents=True)
    (cache / "demo.dat").write_bytes(b"altered")
    with pytest.raises(DataError):
        download.fetch(register(CONTENT, url=f"{server.url}/cut"), retries=0)
    assert [path.read_bytes() for path in cache.iterdir()] == [b"altered"]


def test_cut_connection_is_tried_again(server, register, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    file = register(CONTENT, url=f"{server.url}/cut-once")
    assert download.fetch(file, retries=1).read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_no_network_is_one_line(server, register):
    server.shutdown()
    server.server_close()
    with pytest.raises(DataError, match="the connection failed or timed out"):
        download.fetch(register(CONTENT, url=f"{server.url}/whole"), retries=0)


def test_folder_that_cannot_be_made_is_one_line(register, places):
    (places / "taken").write_text("a file")
    with pytest.raises(DataError, match="demo.dat: .*taken"):
        download.fetch(register(), str(places / "taken" / "below"), retries=0)


def test_progress_bar_on_a_terminal_does_not_change_the_file(server, register, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    path = download.fetch(register(CONTENT, url=f"{server.url}/whole"), retries=0)
    assert path.read_bytes() == CONTENT


def test_fetch_command_downloads_then_says_where_it_is(server, register, monkeypatch, capsys):
    file = register(CONTENT, url=f"{server.url}/whole")
    monkeypatch.setattr(program, "datasets", lambda: {"demo": [file]})
    assert program.main(["fetch", "demo"]) == 0
    assert "demo.dat downloaded to" in capsys.readouterr().out
    assert program.main(["fetch"]) == 0
    assert "demo.dat is already there (cache:" in capsys.readouterr().out
    assert server.requests == ["/whole"]


def test_fetch_command_refuses_what_an_altered_copy_would_hide(server, register, places, monkeypatch, capsys):
    file = register(CONTENT, url=f"{server.url}/whole")
    (places / "data" / "demo").mkdir(parents=True)
    (places / "data" / "demo" / file.name).write_bytes(b"altered")
    monkeypatch.setattr(program, "datasets", lambda: {"demo": [file]})
    assert program.main(["fetch"]) == 2
    assert "is altered" in capsys.readouterr().err
    assert server.requests == []


def test_fetch_command_without_a_network_is_one_line_a_file(places, monkeypatch, capsys):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    folder = places / "mine"
    assert program.main(["fetch", "pantheon_plus", "--path", str(folder)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == [file.name for file in FILES]
    assert list(folder.iterdir()) == []


def test_ctrl_c_is_130(register, places, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "datasets", lambda: {"demo": [register()]})
    monkeypatch.setattr(download, "fetch", interrupt)
    assert program.main(["fetch"]) == 130
