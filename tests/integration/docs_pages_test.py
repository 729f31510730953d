#!/usr/bin/python3
# ctest: timeout=120
"""The pages that show the OpenAPI document, behind a token as a browser sees them: every file that they load is here and at no
other address, and in a real browser, if there is one, they show the operations without any request to another host."""

import html
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.parse

from deployment import Deployment, Http, wait_for

PAGES = ("/docs", "/redocs")
TOKEN = "reader-2c1743a391305fbf"
BROWSER = ("chromium", "chromium-browser", "google-chrome")


def log_in(http):
    """The cookie that a browser gets."""
    status, headers, _ = http.request("GET", "/docs?x-auth-token=" + TOKEN, headers={"Accept": "text/html"})
    assert status == 200 and headers["cache-control"] == "no-store", (status, headers)
    return headers["set-cookie"].split(";")[0]


def check_files(http, cookie):
    """Every file of the pages, by the cookie; the number of them."""
    loaded = set()
    for page in PAGES:
        assert http.get(page)[0] == 403
        status, headers, body = http.request("GET", page, headers={"Cookie": cookie, "Accept": "text/html"})
        assert status == 200 and headers["content-type"].startswith("text/html"), (status, headers)
        assert "default-src 'none'" in headers["content-security-policy"] and "http" not in headers["content-security-policy"]
        for target in re.findall(r'(?:src|href)="([^"]*)"', body.decode()):
            url = urllib.parse.urljoin("http://here" + page, target)
            assert url.startswith("http://here/docs/"), url
            loaded.add(url.removeprefix("http://here"))
    for path in loaded:
        assert http.get(path)[0] == 403, path
        status, headers, plain = http.request("GET", path, headers={"Cookie": cookie})
        assert status == 200 and "immutable" in headers["cache-control"] and "private" in headers["cache-control"], headers
        again = {"Cookie": cookie, "If-None-Match": headers["etag"]}
        assert http.request("GET", path, headers=again)[0] == 304, path
        status, headers, small = http.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip, br"})
        assert headers["content-encoding"] == "gzip", headers
        assert len(plain) < 1000 or len(small) < len(plain) / 2, path
        assert http.request("HEAD", path, headers={"Cookie": cookie})[0::2] == (200, b"")
    assert http.request("GET", "/docs/other.js", headers={"Cookie": cookie})[0] == 404
    return len(loaded)


def document(http):
    status, headers, body = http.request("GET", "/openapi.json", headers={"x-auth-token": TOKEN})
    assert status == 200 and headers["content-type"] == "application/json", (status, headers)
    return json.loads(body)


def shown_in_browser(browser, url, net_log):
    """The page's elements once its scripts are done. The browser finds no host but this machine, and logs every request."""
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--user-data-dir=" + profile,
                   "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--log-net-log=" + str(net_log),
                   "--virtual-time-budget=20000", "--dump-dom", url]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout


def requested_hosts(net_log):
    """Of every request that a page made, by the browser's own log."""
    text = net_log.read_text(encoding="utf-8", errors="replace")
    urls = re.findall(r'"initiator":"(http://127[^"]*)".*?"url":"([^"]+)"', text)
    return [urllib.parse.urlsplit(url).netloc for _, url in urls]


def check_in_browser(port, operations):
    browser = next(filter(None, map(shutil.which, BROWSER)), None)
    if browser is None:
        return "no browser here to show them in"
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            net_log = pathlib.Path(folder, "net.json")
            shown = shown_in_browser(browser, f"http://127.0.0.1:{port}{page}?x-auth-token={TOKEN}", net_log)
            missing = [text for text in operations if html.escape(text, quote=False) not in shown]
            assert not missing, f"{page} does not show {missing}: {len(shown)} bytes of {shown[:2000]}"
            hosts = requested_hosts(net_log)
            assert len(hosts) >= 3, f"{page}: the browser's log has {hosts} only"
            assert set(hosts) == {f"127.0.0.1:{port}"}, f"{page} asks {set(hosts)}"
    return f"both show {len(operations)} operations in {browser}"


def listens(http):
    try:
        return http.get("/livez")[0] == 200
    except OSError:
        return False


def main():
    with Deployment(settings={"auth": {"tokens": {TOKEN: {"org": "acme", "scope": "read"}}}}) as deployment:
        deployment.start("query", wait_ready=False)
        port = deployment.ports["query"]
        http = Http(port, attempts=1)
        wait_for("query to listen", lambda: listens(http))
        if http.request("GET", "/docs", headers={"x-auth-token": TOKEN})[0] == 404:
            print("built without its pages")
            return
        files = check_files(http, log_in(http))
        summaries = {operation["summary"] for item in document(http)["paths"].values() for operation in item.values()}
        print(f"{files} files, {check_in_browser(port, sorted(summaries))}")


if __name__ == "__main__":
    main()
