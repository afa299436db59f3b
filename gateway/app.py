"""Putting the gateway together; the only place where its parts meet."""

from dataclasses import replace

from flask import Flask

from gateway.admission import Admission
from gateway.answers import Finisher
from gateway.authentication import Gatekeeper
from gateway.bodies import Bodies, SlowBodies
from gateway.callers import Proxies
from gateway.dialects.matching import own_origins_of
from gateway.ended_sessions import EndedSessionsKeeper, ended_sessions_of
from gateway.forwarding import Gateway
from gateway.health import ReadinessProbe, register_health
from gateway.hearing import Hearing
from gateway.hints import LIVE_TYPES
from gateway.home import Home
from gateway.limits import Limits
from gateway.metrics import Metrics
from gateway.openapi import MergedDescription, register_openapi
from gateway.pages import register_pages
from gateway.parts import Parts
from gateway.problems import register_problems
from gateway.routes import LEGACY_ROWS, RouteTable
from gateway.settings import Settings
from gateway.stream_places import stream_places_at
from gateway.stream_tickets import stream_tickets_at
from gateway.streams import Streams
from gateway.translations import TRANSLATIONS
from gateway.upstreams import (
    Patience,
    Upstream,
    UpstreamCall,
    UpstreamUnavailable,
    upstreams_at,
)
from shared.access_tokens import PublicKeys, TokenVerifier
from shared.clock import Clock, SystemClock
from shared.events.overhearing import overhear
from shared.http.ended_sessions import ended_sessions_at
from shared.settings import PORTAL


def create_app(
    settings: Settings, *, clock: Clock | None = None, patience: Patience | None = None
) -> Gateway:
    """Make the gateway: the hot path on an event loop, and Flask for its own pages beside it.

    Nothing runs yet: `begin()` on the loop begins to fill the store of ended login sessions.

    Raises:
        RouteCollision: the table contradicts itself.
    """
    patience = patience or patience_for(settings.web_threads)
    parts = _parts(settings, clock or SystemClock(), patience)
    own_pages = Flask("gateway", static_folder=None)
    register_pages(own_pages)
    register_openapi(own_pages, MergedDescription(parts.upstreams.by_name, settings.public_url))
    register_problems(own_pages)
    readiness = _readiness(settings, parts)
    register_health(own_pages, readiness)
    return Gateway(own_pages.wsgi_app, parts, readiness)


def patience_for(threads: int) -> Patience:
    """Divide the threads: one hung service may hold most of them, never all."""
    return Patience(concurrent_calls=threads * 2 // 3, waiting_calls=threads // 6)


def _for_pages(patience: Patience) -> Patience:
    """Give the portal fewer threads, since each of its pages needs another one for the API, and
    the whole time, since it bounds its calls itself.
    """
    return replace(
        patience,
        read_seconds=patience.total_seconds,
        concurrent_calls=max(1, patience.concurrent_calls // 3),
    )


def _parts(settings: Settings, clock: Clock, patience: Patience) -> Parts:
    home = Home()
    upstreams = upstreams_at(settings.upstream_urls, home, patience)
    auth = upstreams["auth"]
    store = ended_sessions_at(settings.redis_url, settings.data_directory, clock)
    keys = PublicKeys(settings.token_public_keys, lambda: _published_keys(auth))
    gatekeeper = Gatekeeper(
        TokenVerifier(keys, clock),
        store,
        auth,
        settings.internal_key,
        may_store_wait=settings.redis_url is not None,
    )
    metrics = Metrics()
    limits = Limits(settings.rate_limit_scale, settings.redis_url, metrics.count_over_ceiling)
    bodies = Bodies(SlowBodies(settings.web_threads // 4, settings.web_threads // 8))
    own_origins = own_origins_of(settings.public_url)
    streams = Streams(clock, metrics.set_open_streams)
    return Parts(
        table=RouteTable(LEGACY_ROWS, TRANSLATIONS),
        upstreams=upstreams,
        gatekeeper=gatekeeper,
        keeper=EndedSessionsKeeper(store, ended_sessions_of(auth, settings.internal_key)),
        admission=Admission(gatekeeper, limits, bodies, own_origins),
        bodies=bodies,
        finisher=Finisher(
            public_url=settings.public_url,
            cors_origins=settings.cors_origins,
            has_localhost_cors=settings.has_localhost_cors,
        ),
        metrics=metrics,
        proxies=Proxies(settings.trusted_proxies, settings.portal_key),
        portal=Upstream("portal", settings.portal_url, home, _for_pages(patience)),
        portal_key=settings.portal_key,
        clock=clock,
        service_time_zone=settings.service_time_zone,
        public_url=settings.public_url,
        own_origins=own_origins,
        internal_key=settings.internal_key,
        home=home,
        streams=streams,
        stream_tickets=stream_tickets_at(settings.redis_url),
        stream_places=stream_places_at(settings.redis_url),
        hearing=Hearing(lambda: overhear(settings.broker_url, LIVE_TYPES), streams, home),
    )


def _published_keys(auth: Upstream) -> str:
    """Ask auth_service for its keys; raises OSError when it does not give them."""
    try:
        answer = auth.call_from_thread(UpstreamCall(method="GET", target="/.well-known/jwks.json"))
    except UpstreamUnavailable as error:
        raise OSError(str(error)) from error
    if answer.status != 200:
        raise OSError(f"auth answered {answer.status}")
    return answer.body.decode("utf-8")


def _readiness(settings: Settings, parts: Parts) -> ReadinessProbe:
    checks = {
        "ended_sessions": lambda: parts.keeper.has_loaded,
        "token_keys": lambda: parts.gatekeeper.has_keys,
    }
    urls = {**settings.upstream_urls, PORTAL: settings.portal_url}
    degrading = {"live_facts": lambda: parts.hearing.is_hearing}
    return ReadinessProbe(urls, checks, parts.home, degrading)
