"""`make demo`: both servers, every patient, and each card as the clinician would read it."""

from __future__ import annotations

import os
import sys

from rich.console import Console, Group
from rich.markdown import Markdown
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from tests.integration.cds_client import Exchange, Json, ask, call
from tests.integration.patients import everyone
from tests.integration.servers import fhir_server, missing_tool, service
from tests.integration.stories import STORIES, Story, Visit

COLOURS = {"info": "cyan", "warning": "yellow", "critical": "red"}


def drafts_of(visit: Visit) -> str:
    """The drafts of a call in a few words."""
    return ", ".join(
        str((draft.get("code") or draft["medicationCodeableConcept"])["text"]) for draft in visit.drafts
    )


def request_line(story: Story, visit: Visit, exchange: Exchange) -> str:
    """The request in one line: hook, patient, drafts and what the client sent along."""
    drafts = f" · draft: {drafts_of(visit)}" if visit.drafts else ""
    sent = len(exchange.request.get("prefetch", {}))
    return f"{visit.hook} · {story.who}{drafts} · {sent} prefetch keys → {exchange.status}"


def suggestion_text(suggestion: Json) -> Text:
    """A suggestion as its button, with what it would do."""
    actions = "; ".join(f"{action['type']}: {action['description']}" for action in suggestion["actions"])
    return Text.assemble(("  [ ", "dim"), (suggestion["label"], "bold"), (" ]  ", "dim"), (actions, "dim"))


def card_panel(card: Json) -> Panel:
    """A card as a screen would show it."""
    parts: list[Text | Markdown] = [Text(card["summary"], style="bold")]
    if "detail" in card:
        parts.append(Markdown(card["detail"]))
    if card.get("suggestions"):
        parts += [Text(), *(suggestion_text(each) for each in card["suggestions"])]
    if card.get("overrideReasons"):
        reasons = " · ".join(reason["display"] for reason in card["overrideReasons"])
        parts += [Text(), Text(f"If you go on: {reasons}", style="dim")]
    colour = COLOURS[card["indicator"]]
    topic = card["source"].get("topic", {}).get("code", "")
    title = f"[bold {colour}]{card['indicator'].upper()}[/] {escape(topic)}"
    label = escape(card["source"]["label"])
    return Panel(Group(*parts), title=title, title_align="left", subtitle=label, border_style=colour)


def show(console: Console, story: Story, visit: Visit, exchange: Exchange) -> None:
    """One call: what the clinician did, the request, and the cards."""
    console.print(Text(f"\nThe clinician {visit.what}.", style="bold"))
    console.print(Text(request_line(story, visit, exchange), style="dim"))
    if exchange.status != 200:
        console.print_json(data=exchange.response)
        return
    if not exchange.cards:
        console.print(Text("No card: nothing to say.", style="green"))
    for card in exchange.cards:
        console.print(card_panel(card))


def walk(console: Console, fhir: str, cds: str) -> bool:
    """Plays every story; False when some call was not answered with 200."""
    good = True
    for story in STORIES:
        console.rule(escape(story.title))
        calls = [
            call(each.hook, each.context(story.who), extra={"fhirServer": fhir}) for each in story.visits
        ]
        for visit, exchange in zip(story.visits, ask(fhir, cds, calls), strict=True):
            show(console, story, visit, exchange)
            good = good and exchange.status == 200
    return good


def main() -> int:
    """Exit code 0 when every call was answered, 1 when not, 2 when a tool is missing."""
    reason = missing_tool()
    if reason is not None:
        print(reason, file=sys.stderr)
        return 2
    console = Console(width=None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "100")))
    with fhir_server(everyone()) as fhir, service(deadline_ms="2000") as cds:
        console.print(
            f"FHIR server {fhir.url}, service {cds.url}: synthetic patients, content not yet approved."
        )
        good = walk(console, fhir.url, cds.url)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
