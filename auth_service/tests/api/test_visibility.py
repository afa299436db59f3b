"""Who sees whose account: the person, staff, the two sides of a care relation; of a listed
therapist everybody the names.
"""

import pytest
from sqlalchemy import update

from auth_service.domain.care_relations import (
    CopyCareRelation,
    CopyPractitioner,
    copy_care_relation,
    copy_practitioner,
)
from auth_service.models.accounts import Account
from shared.testing.tokens import INTERNAL_KEY

URL = "/api/v1/accounts"
PAGES = "/internal/v1/accounts/pages"


def opened(client, headers, name, role="client"):
    body = {"email": f"{name}@example.org", "first_name": name.title(), "role": role}
    answer = client.post(URL, json=body, headers=headers)
    assert answer.status_code == 201
    return answer.json["id"]


class People:
    """A client, another client, their therapist and another therapist."""

    def __init__(self, client, token_maker):
        self.client = client
        self.token_maker = token_maker
        self.admin = token_maker.headers(10**6, "admin")
        self.anna = opened(client, self.admin, "anna")
        self.boris = opened(client, self.admin, "boris")
        self.tanya = opened(client, self.admin, "tanya", "therapist")
        self.oleg = opened(client, self.admin, "oleg", "therapist")

    def headers(self, account_id):
        role = "therapist" if account_id in (self.tanya, self.oleg) else "client"
        return self.token_maker.headers(account_id, role)

    def sight(self, viewer, account_id):
        """Give the status and the address somebody is shown."""
        answer = self.client.get(f"{URL}/{account_id}", headers=self.headers(viewer))
        return answer.status_code, answer.json.get("email")

    def listed(self, viewer):
        """Give the ids somebody is listed, and the total an older client is told beside the same
        ids.
        """
        answer = self.client.get(URL, headers=self.headers(viewer)).json
        ids = [item["id"] for item in answer["items"]]
        numbered = self.numbered("page=1&per_page=100", self.headers(viewer)).json
        assert [item["id"] for item in numbered["items"]] == ids
        return ids, numbered["total"]

    def numbered(self, query, headers):
        """Ask for a page by its number, as the gateway does for older clients."""
        inside = {**headers, "X-Internal-Key": INTERNAL_KEY}
        return self.client.get(f"{PAGES}?{query}", headers=inside)

    def listed_addresses(self, viewer):
        """Give the addresses somebody is listed, by id."""
        answer = self.client.get(URL, headers=self.headers(viewer)).json
        return {item["id"]: item["email"] for item in answer["items"]}


@pytest.fixture
def people(client, token_maker):
    return People(client, token_maker)


@pytest.fixture
def prove(database, clock):
    """Give what proves the addresses of accounts, or takes the proof away."""

    def work(*account_ids, is_proved=True):
        proved_at = clock.now() if is_proved else None
        wanted = update(Account).where(Account.id.in_(account_ids))
        database.writing(
            lambda session: session.execute(wanted.values(email_verified_at=proved_at))
        )

    return work


def in_care(database, people, *, is_active=True, sequence=1):
    database.writing(
        lambda session: copy_care_relation(
            session,
            CopyCareRelation(
                client_id=people.anna,
                practitioner_id=people.tanya,
                is_active=is_active,
                sequence=sequence,
            ),
        )
    )


def test_everybody_sees_themselves_and_staff_see_everybody(people, client):
    assert people.sight(people.anna, people.anna) == (200, "anna@example.org")
    for account_id in (people.anna, people.tanya):
        answer = client.get(f"{URL}/{account_id}", headers=people.admin)
        assert (answer.status_code, answer.json["is_listed"]) == (200, False)
        assert answer.json["email"]


def test_strangers_do_not_see_each_other(people):
    pairs = [
        (people.anna, people.boris),
        (people.anna, people.tanya),
        (people.tanya, people.anna),
        (people.tanya, people.oleg),
        (people.anna, 999),
    ]
    assert {people.sight(*pair) for pair in pairs} == {(404, None)}


def test_the_two_sides_of_a_care_relation_see_each_other(people, booking, prove):
    prove(people.anna, people.tanya)
    booking.relations.add((people.anna, people.tanya))
    assert people.sight(people.anna, people.tanya) == (200, "tanya@example.org")
    assert people.sight(people.tanya, people.anna) == (200, "anna@example.org")
    assert people.sight(people.boris, people.tanya) == (404, None)
    assert people.sight(people.oleg, people.anna) == (404, None)


def test_a_care_relation_that_has_ended_closes_the_door_before_the_event_comes(
    people, booking, database, prove
):
    prove(people.anna, people.tanya)
    booking.relations.add((people.anna, people.tanya))
    in_care(database, people)
    assert people.sight(people.tanya, people.anna) == (200, "anna@example.org")
    booking.relations.clear()
    assert people.sight(people.tanya, people.anna) == (404, None)
    assert people.sight(people.anna, people.tanya) == (404, None)


def test_when_booking_is_down_the_copy_decides(people, booking, database, prove):
    prove(people.anna, people.tanya)
    booking.is_down = True
    assert people.sight(people.anna, people.tanya) == (404, None)
    in_care(database, people)
    assert people.sight(people.anna, people.tanya) == (200, "tanya@example.org")
    assert people.listed(people.tanya) == ([people.anna, people.tanya], 2)
    in_care(database, people, is_active=False, sequence=2)
    assert people.sight(people.anna, people.tanya) == (404, None)
    assert people.listed(people.tanya) == ([people.tanya], 1)


@pytest.mark.parametrize("unproved", [("anna",), ("tanya",), ("anna", "tanya")])
@pytest.mark.parametrize("is_listed", [False, True])
def test_an_address_waits_across_a_care_relation_until_both_are_proved(
    people, client, booking, prove, unproved, is_listed
):
    booking.relations.add((people.anna, people.tanya))
    booking.listed |= {people.tanya} if is_listed else set()
    prove(people.anna, people.tanya)
    prove(*(getattr(people, name) for name in unproved), is_proved=False)
    sides = [(people.anna, people.tanya), (people.tanya, people.anna)]
    for viewer, other in sides:
        answer = client.get(f"{URL}/{other}", headers=people.headers(viewer))
        assert (answer.status_code, answer.json["email"]) == (200, None)
        assert answer.json["created_at"], "the rest of the account is visible"
        emails = people.listed_addresses(viewer)
        assert emails[other] is None
        assert emails[viewer], "one's own"
        assert people.sight(viewer, viewer) == (200, emails[viewer])
    everybody = client.get(URL, headers=people.admin).json["items"]
    assert all(item["email"] for item in everybody), "staff see all"
    prove(people.anna, people.tanya)
    for viewer, other in sides:
        assert people.sight(viewer, other)[1] == people.listed_addresses(viewer)[other]
        assert people.listed_addresses(viewer)[other]


def test_an_account_that_is_gone_is_shown_nobodys_address(people, client, booking, prove):
    gone = 10**7
    prove(people.tanya)
    booking.relations.add((gone, people.tanya))
    answer = client.get(f"{URL}/{people.tanya}", headers=people.headers(gone))
    assert answer.json["email"] is None


def test_a_listed_therapist_shows_names_and_never_contact_data(people, client, booking):
    booking.listed.add(people.tanya)
    answer = client.get(f"{URL}/{people.tanya}", headers=people.headers(people.boris))
    assert answer.status_code == 200
    assert answer.json["first_name"] == "Tanya"
    assert answer.json["role"] == "therapist"
    assert answer.json["is_listed"] is True
    for hidden in ("email", "is_verified", "is_locked", "must_change_password", "created_at"):
        assert answer.json[hidden] is None


def test_a_copied_listing_is_believed_when_booking_is_down(people, booking, database):
    booking.is_down = True
    database.writing(
        lambda session: copy_practitioner(
            session, CopyPractitioner(practitioner_id=people.tanya, is_published=True, sequence=5)
        )
    )
    assert people.sight(people.boris, people.tanya) == (200, None)


def test_booking_is_not_asked_about_two_clients(people, booking):
    assert people.sight(people.anna, people.boris) == (404, None)
    assert booking.asked == 0


def test_the_list_shows_and_counts_what_the_caller_may_see(people, client, booking):
    booking.relations.add((people.anna, people.tanya))
    booking.relations.add((people.boris, people.tanya))
    assert people.listed(people.anna) == ([people.anna, people.tanya], 2)
    assert people.listed(people.tanya) == ([people.anna, people.boris, people.tanya], 3)
    assert people.listed(people.oleg) == ([people.oleg], 1)
    everybody = people.numbered("page=1&per_page=100", people.admin).json
    ids = [people.anna, people.boris, people.tanya, people.oleg]
    assert ([item["id"] for item in everybody["items"]], everybody["total"]) == (ids, 4)


def test_the_list_goes_on_by_ascending_id(people, client):
    first = client.get(f"{URL}?limit=3", headers=people.admin)
    assert [item["id"] for item in first.json["items"]] == [
        people.anna,
        people.boris,
        people.tanya,
    ]
    assert first.headers["Link"] == f'<{URL}?limit=3&cursor={first.json["next"]}>; rel="next"'
    last = client.get(f"{URL}?limit=3&cursor={first.json['next']}", headers=people.admin).json
    assert ([item["id"] for item in last["items"]], last["next"]) == ([people.oleg], None)


def test_an_older_client_goes_on_by_numbers(people):
    page = people.numbered("page=2&per_page=3", people.admin).json
    assert ([item["id"] for item in page["items"]], page["total"]) == ([people.oleg], 4)
    beyond = people.numbered("page=1000000&per_page=100", people.admin).json
    assert (beyond["items"], beyond["total"]) == ([], 4)
    assert people.numbered("page=1&per_page=3", {}).status_code == 401


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "limit=101", "limit=-1", "limit=1.5", "cursor=x", "page=1",
     "cursor=", "cursor=MS4y", "email=x", "name=%20", "role=user", "locked=yes", "locked=1"],
)  # fmt: skip
def test_a_bad_page_or_filter_is_an_invalid_request(people, client, query):
    answer = client.get(f"{URL}?{query}", headers=people.admin)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("query", ["page=0&per_page=1", "page=1", "page=1&per_page=101"])
def test_a_bad_number_is_an_invalid_request(people, query):
    answer = people.numbered(query, people.admin)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")


def test_staff_look_somebody_up(people, client, database, clock):
    def found(**wanted):
        answer = client.get(URL, query_string=wanted, headers=people.admin)
        assert answer.status_code == 200, answer.json
        return [item["id"] for item in answer.json["items"]]

    def rename(number, first_name, last_name):
        def work(session):
            account = session.get(Account, number)
            account.first_name, account.last_name = first_name, last_name

        database.writing(work)

    rename(people.anna, "Анна", "Кузнецова")
    rename(people.boris, "ÉMILE", "de la  Tour")
    rename(people.oleg, "Anna_", "O%Neil")
    assert found(email="BORIS@example.org") == [people.boris]
    assert found(email="nobody@example.org") == []
    for begun in ("анна", "АННА К", "кузнецова", "Кузнецова А", "Кузн"):
        assert found(name=begun) == [people.anna], begun
    for begun in ("émile", "e\u0301mile De La", "de la tour émile"):
        assert found(name=begun) == [people.boris], begun
    for begun in ("anna_ o%n", "o%"):
        assert found(name=begun) == [people.oleg], begun
    for nobody in ("нна", "%", "_", "Кузнецова Анна Б", "\U0010ffff"):
        assert found(name=nobody) == [], nobody
    assert found(role="therapist") == [people.tanya, people.oleg]
    assert found(role="therapist", email="boris@example.org") == []
    client.put(f"{URL}/{people.boris}/lock", headers=people.admin)
    assert found(locked="true") == [people.boris]
    assert people.boris not in found(locked="false")
    assert found(locked="false", role="client") == [people.anna]


@pytest.mark.parametrize(
    "query", ["name=a", "email=anna@example.org", "role=client", "locked=true"]
)
def test_only_staff_look_somebody_up(people, client, query):
    answer = client.get(f"{URL}?{query}", headers=people.headers(people.anna))
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")
