"""Every setting: its type, its default (here and nowhere else), its unit in its name."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ldes_shok.metadata.publisher import Publisher
from ldes_shok.sections.base import HIDDEN, Section, without_password
from ldes_shok.sections.fields import Instant, Iri, Kbo, Line, Name, Secret16, Slug, VariableName
from ldes_shok.settings.access import AccessSettings, Consumer
from ldes_shok.settings.privacy import Privacy
from ldes_shok.settings.streams import Streams
from ldes_shok.sources.common.progress import STUCK_AFTER_FAILURES
from ldes_shok.sources.registry import Source


class Http(Section, frozen=True):
    """The HTTP server."""

    host: Annotated[Line, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="TCP port to listen on.")] = 8080
    workers: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            description="Processes that answer. 1: the one that writes; more: so many beside it.",
        ),
    ] = 1
    max_body_bytes: Annotated[
        int, Meta(ge=1_000, le=100_000_000, description="Largest body that POST /ingest takes.")
    ] = 5_000_000
    max_bodies_bytes: Annotated[
        int,
        Meta(
            ge=2_000,
            le=1_000_000_000,
            description="Most that all bodies under way have together; half of it for large ones.",
        ),
    ] = 16_000_000
    body_timeout_seconds: Annotated[
        int, Meta(ge=1, le=3_600, description="How long a body may take to come in.")
    ] = 30
    max_events_per_request: Annotated[
        int, Meta(ge=1, le=100_000, description="Most events in one POST /ingest.")
    ] = 1_000
    shutdown_grace_seconds: Annotated[
        int, Meta(ge=1, le=300, description="How long SIGTERM waits for requests under way.")
    ] = 10
    compress_min_bytes: Annotated[
        int, Meta(ge=0, description="Smaller answers are not compressed.")
    ] = 1_024
    page_cache_bytes: Annotated[
        int,
        Meta(ge=1_000_000, le=10_000_000_000, description="Ready pages kept in each HTTP process."),
    ] = 48_000_000


class Store(Section, frozen=True):
    """Where the log is kept."""

    url: Annotated[
        str,
        Meta(
            min_length=1,
            description="sqlite:///relative/file.db or sqlite:////absolute/file.db; a relative "
            "path starts at the working directory. Or postgresql://user@host:5432/database.",
        ),
    ] = "sqlite:///var/ldes-shok.db"
    standby: Annotated[
        bool,
        Meta(description="PostgreSQL: wait while another process writes, and take over from it."),
    ] = False
    read_threads: Annotated[
        int,
        Meta(ge=1, le=64, description="Reads of the log at once, in each process that answers."),
    ] = 2
    max_waiting_reads: Annotated[
        int, Meta(ge=0, le=100_000, description="Reads that wait for one of those; above it: 503.")
    ] = 1_000
    read_timeout_seconds: Annotated[
        int,
        Meta(ge=1, le=3_600, description="How long a read may take, with its waiting; then: 503."),
    ] = 5

    def __repr__(self) -> str:
        return (
            f"Store(url={without_password(self.url)!r}, standby={self.standby!r}, "
            f"read_threads={self.read_threads!r}, max_waiting_reads={self.max_waiting_reads!r}, "
            f"read_timeout_seconds={self.read_timeout_seconds!r})"
        )


class Service(Section, frozen=True):
    """What this process does."""

    role: Annotated[
        Literal["all", "writer", "reader"],
        Meta(
            description="all: takes events and answers; reader: only answers, beside a writer "
            "elsewhere; writer: only takes events, from its MQTT and poll sources, without HTTP."
        ),
    ] = "all"


class Ingest(Section, frozen=True):
    """How events wait for their commit."""

    max_queued_events: Annotated[
        int, Meta(ge=1, description="Waiting events above which senders get 429.")
    ] = 20_000
    max_queued_bytes: Annotated[
        int, Meta(ge=1_000, description="Size of waiting events above which senders get 429.")
    ] = 16_000_000
    max_queue_seconds: Annotated[
        int, Meta(ge=1, description="No more waits than is stored in so long, at the late pace.")
    ] = 10
    max_events_per_commit: Annotated[
        int, Meta(ge=1, le=10_000, description="Most events in one transaction.")
    ] = 500
    max_bytes_per_commit: Annotated[
        int, Meta(ge=1_000, description="Most bytes of events in one transaction.")
    ] = 2_000_000
    max_live_events: Annotated[
        int, Meta(ge=1, description="An HTTP request with more events is replay: live goes first.")
    ] = 100
    wait_milliseconds: Annotated[
        int, Meta(ge=0, le=60_000, description="How long a sender waits for room before its 429.")
    ] = 1_000
    retry_after_seconds: Annotated[
        int, Meta(ge=1, le=3_600, description="What Retry-After says with 429 and 503.")
    ] = 2
    stuck_after_failures: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000,
            description="A source that failed so often at one position is said to be stuck.",
        ),
    ] = STUCK_AFTER_FAILURES


class Identity(Section, frozen=True):
    """The secret that keyed IRIs are made with. Exactly one of the three keys."""

    secret_env: Annotated[
        VariableName | None,
        Meta(description="Environment variable with the secret, at least 16 characters."),
    ] = None
    secret_file: Annotated[
        Line | None, Meta(description="File whose first line is the secret.")
    ] = None
    secret: Annotated[
        Secret16 | None, Meta(description="The secret itself; with `demo: true` only.")
    ] = None

    def __repr__(self) -> str:
        secret = None if self.secret is None else HIDDEN
        return (
            f"Identity(secret_env={self.secret_env!r}, secret_file={self.secret_file!r}, "
            f"secret={secret!r})"
        )


class Validation(Section, frozen=True):
    """How members are checked against the SHACL shapes."""

    shapes_directory: Annotated[
        Line | None, Meta(description="Folder of the shapes; default: the one shipped.")
    ] = None
    recheck_every: Annotated[
        int,
        Meta(ge=1, description="Every how many members that passed fast go through pyshacl too."),
    ] = 1_000


class Fragmentation(Section, frozen=True):
    """How large pages grow. Holds for buckets that open from now on."""

    leaf_members: Annotated[int, Meta(ge=1, le=10_000, description="Members of a full leaf.")] = 250
    bucket_leaves: Annotated[
        int, Meta(ge=2, le=1_000, description="Leaves of a bucket before buckets become shorter.")
    ] = 40
    members_per_millisecond: Annotated[
        int, Meta(ge=1, le=1_000, description="Most members with one publication time.")
    ] = 50


class Derive(Section, frozen=True):
    """What the service derives by itself from what is reported."""

    enabled: Annotated[bool, Meta(description="Whether intervals and sums are derived.")] = True


class Logging(Section, frozen=True):
    """What the service says on standard output."""

    format: Annotated[
        Literal["auto", "json", "console"],
        Meta(description="auto: console on a terminal, JSON lines otherwise."),
    ] = "auto"
    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least that is said.")
    ] = "info"


class Organisation(Section, frozen=True):
    """A public body or a company; never a private person."""

    name: Annotated[Line, Meta(description="Its name, in Dutch.")]
    kbo: Annotated[Kbo | None, Meta(description="Its enterprise number, 10 digits in quotes.")] = (
        None
    )


class Municipality(Section, frozen=True):
    """Where the cabinets stand, and who uses them in the sense of the standard."""

    name: Annotated[Line, Meta(description="Name of the municipality, in Dutch.")]
    postcode: Annotated[
        Line, Meta(description='Postcode of cabinets that give none, in quotes: "9999".')
    ]
    organisation: Annotated[
        Slug, Meta(description="Which of the organisations it is (gebruiker of the sockets).")
    ]


class Network(Section, frozen=True):
    """The utility network that the cabinets belong to."""

    id: Annotated[Name, Meta(description="Its identifier, used in its IRI.")]
    name: Annotated[Line, Meta(description="Its name, in Dutch.")]


class Tenant(Section, frozen=True):
    """A city: what the standard makes mandatory and a controller does not know."""

    organisations: Annotated[
        dict[Slug, Organisation], Meta(description="The bodies named below, by slug.")
    ]
    municipality: Annotated[Municipality, Meta(description="The municipality.")]
    manager: Annotated[Slug, Meta(description="Organisation that manages the cabinets.")]
    supplier: Annotated[Slug, Meta(description="Organisation that supplies the electricity.")]
    authority: Annotated[Slug, Meta(description="Organisation that answers for the network.")]
    network: Annotated[Network, Meta(description="The network.")]
    valid_from: Annotated[
        Instant, Meta(description="From when this holds, UTC; a change needs a later time.")
    ]
    zones: Annotated[
        dict[Name, tuple[Name, ...]],
        Meta(description="Cabinets whose consumption is added up, by the zone's name."),
    ] = msgspec.field(default_factory=dict)


class Settings(Section, frozen=True):
    """All settings of one service. Its `repr` holds no secret."""

    public_url: Annotated[
        str,
        Meta(
            description="Address under which clients reach the service, without a slash at the "
            "end, such as https://ldes.voorbeeldstad.example; every IRI starts with it."
        ),
    ]
    publisher: Annotated[Publisher, Meta(description="Who publishes.")]
    licence: Annotated[Iri, Meta(description="IRI of the licence of the open streams.")]
    identity: Annotated[Identity, Meta(description="The secret of keyed IRIs.")]
    tenants: Annotated[
        dict[Slug, Tenant], Meta(min_length=1, description="The cities, by the name in IRIs.")
    ]
    former_tenants: Annotated[
        tuple[Slug, ...],
        Meta(description="Cities that left: the log keeps what they told, nothing is added."),
    ] = ()
    sources: Annotated[tuple[Source, ...], Meta(description="Where events come from.")] = ()
    title: Annotated[Line, Meta(description="Title of the catalogue, in Dutch.")] = (
        "Openbare nutsvoorzieningkasten"
    )
    demo: Annotated[
        bool, Meta(description="An invented city: pages say so, secrets may stand here.")
    ] = False
    polling_interval_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="How often clients are asked to look.")
    ] = 60
    http: Annotated[Http, Meta(description="The HTTP server.")] = Http()
    service: Annotated[Service, Meta(description="What this process does.")] = Service()
    store: Annotated[Store, Meta(description="The log.")] = Store()
    ingest: Annotated[Ingest, Meta(description="The way in.")] = Ingest()
    validation: Annotated[Validation, Meta(description="SHACL.")] = Validation()
    fragmentation: Annotated[Fragmentation, Meta(description="Pages.")] = Fragmentation()
    derive: Annotated[Derive, Meta(description="What the service derives by itself.")] = Derive()
    logging: Annotated[Logging, Meta(description="Logs.")] = Logging()
    streams: Annotated[Streams, Meta(description="The event streams.")] = Streams()
    consumers: Annotated[
        tuple[Consumer, ...], Meta(description="Who reads restricted streams.")
    ] = ()
    access: Annotated[AccessSettings, Meta(description="What holds for all of them.")] = (
        AccessSettings()
    )
    privacy: Annotated[Privacy, Meta(description="What is kept, and how people are named.")] = (
        Privacy()
    )
