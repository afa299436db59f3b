"""What a person may set."""

from portal.tests.clients import (
    CODE_LISTS,
)
from portal.tests.stub_gateway import Reply, StubGateway
from portal.tests.visitors import VisitorWithBrowser


def test_settings_are_kept_and_the_pages_speak_the_language(
    client: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("PATCH", "/api/v1/profiles/me", Reply(json={}))
    for path, body in (("code-lists", CODE_LISTS),):
        stub.reply("GET", f"/api/v1/{path}", Reply(json=body))
    page = client.get("/app/settings")
    done = client.send(
        page, "", "/app/settings/person", locale="ru", time_zone="Europe/Budapest", country=""
    )
    assert done.attributes["lang"] == "ru"
    [sent] = stub.asked_for("PATCH", "/api/v1/profiles/me")
    assert sent.json == {"locale": "ru", "time_zone": "Europe/Budapest", "country": None}
