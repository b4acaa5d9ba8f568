"""``custos-labels``: a page of badge, step, place and container labels, to be printed.

Without ``--badge`` it only reads the network file. ``--badge`` prints new tokens: what a person's
badge held before counts no more, so it needs the hub's own data directory.
"""

from pathlib import Path
from typing import Annotated

import structlog
import typer

from hub.access.service import UnknownBadgeError, print_badge
from hub.config import ConfigError, load_network, load_settings
from hub.home import ConfigOption, open_home, sentences
from hub.label_sheet import sheet_page
from hub.labels import Label, badge_label, container_labels, place_labels, step_labels
from hub.network import Network
from hub.packs.service import renew_packs
from hub.telemetry import start_logging
from hub.web.choice import Language

MADE_BY = "custos-labels"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_log = structlog.get_logger()


@app.command()
def labels(
    config: ConfigOption = None,
    site: Annotated[str | None, typer.Option(help="print this site's places")] = None,
    badge: Annotated[list[str] | None, typer.Option(help="a new badge for this number")] = None,
    bag: Annotated[list[str] | None, typer.Option(help="a transport bag's id")] = None,
    vehicle: Annotated[list[str] | None, typer.Option(help="a vehicle's id")] = None,
    flight: Annotated[list[str] | None, typer.Option(help="a flight's id")] = None,
    pallet: Annotated[list[str] | None, typer.Option(help="a pallet's id")] = None,
    language: Annotated[Language, typer.Option(help="of the headings")] = Language.ZH,
    out: Annotated[Path | None, typer.Option(help="a file; none: stdout")] = None,
) -> None:
    """Write an HTML page of labels: steps always, the others as asked."""
    start_logging("labels")
    with sentences():
        network = load_network(load_settings(config).network)
        containers = {"BAG": bag, "VEH": vehicle, "FLT": flight, "PAL": pallet}
        try:
            boxes = [
                label
                for verb, ids in containers.items()
                for label in container_labels(verb, ids or [])
            ]
        except ValueError as error:
            raise ConfigError(str(error)) from error
        if site is not None and site not in network.sites:
            raise ConfigError(f"--site: the network file has no site {site}")
        sections = [
            ("badges", _badges(config, network, badge or [])),
            ("steps", step_labels()),
            ("places", [] if site is None else place_labels(network, site)),
            ("containers", boxes),
        ]
        page = sheet_page(sections, language)
        if out is None:
            typer.echo(page)
        else:
            out.write_text(page, encoding="utf-8")


def main() -> None:
    """The program's entry."""
    app()


def _badges(config: Path | None, network: Network, numbers: list[str]) -> list[Label]:
    if not numbers:
        return []
    found = []
    with open_home(config, exclusive=False) as home:
        now = home.clock.now()
        try:
            with home.database.writing() as tx:
                for number in dict.fromkeys(numbers):
                    token = print_badge(tx, network, number, MADE_BY, now, home.clock.random_bytes)
                    person = network.people[number]
                    found.append(badge_label(person, token))
                    renew_packs(tx, [person.site])
        except UnknownBadgeError as error:
            raise ConfigError(str(error)) from error
    _log.info("badges printed", count=len(found))
    return found


if __name__ == "__main__":
    main()
