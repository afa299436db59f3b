"""What holds for every page a mailed link leads to; each noun's tests inherit it."""

from dataclasses import dataclass, field

import pytest

from portal.cookies import COOKIE
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import Page, VisitorWithBrowser
from shared.testing.clocks import StandingClock


@dataclass(frozen=True, kw_only=True)
class MailedLinkPage:
    path: str
    operation: str
    typed: dict[str, str] = field(default_factory=dict)
    asks: str
    done: str
    next_after_done: str
    next_after_refusal: str


class MailedLinkOutcomes:
    page: MailedLinkPage

    def opened(self, visitor: VisitorWithBrowser, token: str = "the-token") -> Page:
        return visitor.get(f"{self.page.path}?token={token}")

    def sent(self, visitor: VisitorWithBrowser, opened: Page) -> Page:
        return visitor.send(opened, self.page.path, **self.page.typed)

    def test_opening_the_link_changes_nothing_and_hides_the_token(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        first = visitor.client.get(f"{self.page.path}?token=the-token")
        assert (first.status_code, first.headers["Location"]) == (303, self.page.path)
        assert first.headers["Referrer-Policy"] == "no-referrer"
        shown = self.opened(visitor)
        assert visitor.status == 200
        assert shown.heading == self.page.asks
        assert "the-token" not in shown.source
        assert "the-token" not in visitor.cookie
        assert stub.asked == []

    def test_sending_the_form_acts(self, visitor: VisitorWithBrowser, stub: StubGateway) -> None:
        stub.reply("POST", self.page.operation, Reply(json={"email": "anna@example.org"}))
        shown = self.sent(visitor, self.opened(visitor))
        assert visitor.status == 200
        assert shown.heading == self.page.done
        assert self.page.next_after_done in shown.links
        [asked] = stub.asked
        assert asked.json == {"token": "the-token", **self.page.typed}

    def test_sent_twice_it_acts_once_and_says_the_same(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, Reply(json={}), problem(422, "code_not_accepted"))
        opened = self.opened(visitor)
        assert self.sent(visitor, opened).heading == self.page.done
        assert self.sent(visitor, opened).heading == self.page.done
        assert visitor.get(self.page.path).heading == self.page.done
        assert len(stub.asked) == 1

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            (422, "code_not_accepted"), (422, "undo_token_not_accepted"), (404, "no_reset_code"),
            (410, "gone"), (409, "email_taken"), (400, "unreadable_body"), (403, "not_allowed"),
        ],
    )  # fmt: skip
    def test_a_link_that_is_used_or_old_leads_on(
        self, status: int, code: str, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, problem(status, code))
        shown = self.sent(visitor, self.opened(visitor))
        assert visitor.status == 422
        assert shown.heading == "This link cannot be used any more"
        assert self.page.next_after_refusal in shown.links
        assert visitor.get(self.page.path).heading == "Open the link from the mail"

    def test_a_used_link_opened_again_after_the_act_is_told_as_used(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, Reply(json={}), problem(422, "code_not_accepted"))
        self.sent(visitor, self.opened(visitor))
        shown = self.sent(visitor, self.opened(visitor))
        assert shown.heading == "This link cannot be used any more"
        assert "before" in shown.source or "already" in shown.source

    @pytest.mark.parametrize("query", ["", "?token=", f"?token={'x' * 600}"])
    def test_without_a_link_the_page_says_where_it_is(
        self, query: str, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        shown = visitor.get(self.page.path + query)
        assert (visitor.status, shown.heading) == (200, "Open the link from the mail")
        assert self.page.next_after_refusal in shown.links
        assert visitor.post(self.page.path, {}).heading == shown.heading
        assert stub.asked == []

    def test_a_form_acts_with_the_link_it_was_drawn_for(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, Reply(json={}))
        first, second = self.opened(visitor, "first"), self.opened(visitor, "second")
        assert self.sent(visitor, first).heading == self.page.done
        assert self.sent(visitor, first).heading == self.page.done
        assert self.sent(visitor, second).heading == self.page.done
        assert [asked.json["token"] for asked in stub.asked] == ["first", "second"]

    @pytest.mark.parametrize("token", ["", "x" * 600])
    def test_a_token_that_is_none_leaves_what_is_held_alone(
        self, token: str, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, Reply(json={}))
        shown = self.opened(visitor)
        assert self.opened(visitor, token).heading == "Open the link from the mail"
        assert visitor.get(self.page.path).heading == self.page.asks
        assert self.sent(visitor, shown).heading == self.page.done

    def test_four_links_are_held_and_the_oldest_is_to_be_opened_again(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, Reply(json={}))
        pages = [self.opened(visitor, f"{number}" + "x" * 511) for number in range(5)]
        assert len(f"{COOKIE}={visitor.cookie}") <= 4096
        assert self.sent(visitor, pages[0]).heading == "Open the link from the mail"
        assert stub.asked == []
        for page in pages[1:]:
            assert self.sent(visitor, page).heading == self.page.done
        assert [asked.json["token"][0] for asked in stub.asked] == ["1", "2", "3", "4"]

    def test_a_form_that_names_no_link_is_shown_again(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        fields = self.opened(visitor).form().fields
        del fields["link"]
        shown = visitor.post(self.page.path, {**fields, **self.page.typed})
        assert (visitor.status, shown.heading) == (403, self.page.asks)
        assert stub.asked == []

    def test_a_link_is_kept_for_an_hour_only(
        self, visitor: VisitorWithBrowser, clock: StandingClock
    ) -> None:
        self.opened(visitor)
        clock.advance(minutes=59)
        assert visitor.get(self.page.path).heading == self.page.asks
        clock.advance(minutes=1)
        assert visitor.get(self.page.path).heading == "Open the link from the mail"

    def test_a_form_of_another_site_does_nothing(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        self.opened(visitor)
        for key in ("", "another"):
            shown = visitor.post(self.page.path, {"form_key": key, **self.page.typed})
            assert visitor.status == 403
            assert shown.heading == self.page.asks
            assert shown.focused == ["problems"]
        assert stub.asked == []
        stub.reply("POST", self.page.operation, Reply(json={}))
        assert self.sent(visitor, shown).heading == self.page.done

    def test_too_many_tries_keep_the_link_and_say_when(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        limited = problem(429, "too_many_requests")
        limited.headers["Retry-After"] = "61"  # type: ignore[index] # a dict it is
        stub.reply("POST", self.page.operation, limited, Reply(json={}))
        shown = self.sent(visitor, self.opened(visitor))
        assert visitor.status == 429
        assert "Too many tries. Try again in 2 minutes." in shown.source
        assert self.sent(visitor, shown).heading == self.page.done

    def test_while_the_gateway_is_away_nothing_is_lost(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, Reply(status=503, json={}), Reply(json={}))
        opened = self.opened(visitor)
        shown = self.sent(visitor, opened)
        assert (visitor.status, shown.heading) == (503, "This does not work right now")
        assert self.sent(visitor, visitor.get(self.page.path)).heading == self.page.done

    def test_without_a_gateway_the_page_says_so(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.close()
        self.sent(visitor, self.opened(visitor))
        assert visitor.status == 503


class PasswordOutcomes(MailedLinkOutcomes):
    """Where the form has a password."""

    def test_an_empty_password_is_told_beside_the_field_and_in_the_summary(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        opened = self.opened(visitor)
        shown = visitor.send(opened, self.page.path, password="")
        assert visitor.status == 422
        assert shown.error_of("password") == "Choose a password."
        assert "#password" in shown.links
        assert shown.focused == ["problems"]
        assert shown.title.startswith("Please check: ")
        assert stub.asked == []

    @pytest.mark.parametrize(
        ("reply", "said"),
        [
            (problem(422, "password_rejected", reasons=["too_short"]), "at least 8 characters"),
            (problem(422, "password_rejected", reasons=["too_long"]), "more than 128"),
            (
                problem(422, "password_rejected", reasons=["too_common", "entirely_numeric"]),
                "easy to guess. The password needs more than digits.",
            ),
            (problem(422, "password_rejected", reasons=["similar_to_email"]), "like your address"),
            (problem(422, "password_rejected", reasons=["of_next_year"]), "another password"),
            (problem(422, "invalid_request", errors={"password": ["x"]}), "another password"),
        ],
    )
    def test_a_refused_password_keeps_the_link_and_is_never_shown(
        self, reply: Reply, said: str, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, reply, Reply(json={}))
        opened = self.opened(visitor)
        shown = visitor.send(opened, self.page.path, password="12345-unlikely")
        assert visitor.status == 422
        assert said in shown.error_of("password")
        assert "12345-unlikely" not in shown.source
        assert "12345-unlikely" not in visitor.cookie
        assert self.sent(visitor, shown).heading == self.page.done
