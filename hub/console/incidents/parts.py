"""What stands on the page of a search, part by part."""

from collections.abc import Sequence

from hub.access.service import REASON_CHARS_MAX, REASON_CHARS_MIN
from hub.console.incidents.looks import MAIL_ICON, MAIL_MEANING, STEP_ICON, STEP_MEANING
from hub.console.incidents.views import SearchSight, Step, StepState, Task
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, button, chip, countdown, icon, text, waybill
from hub.console.why import draw_chances, draw_looks, draw_shares, draw_why
from hub.console.wording import Words, visible
from hub.evidence import percent
from hub.incidents.service import HistoryLine, Kind
from hub.mail.service import MailReceipt


def draw_steps(steps: Sequence[Step], words: Words) -> None:
    """The state line."""
    for step in steps:
        with box("li", f"step step-{step.state} m-{STEP_MEANING[step.state]}") as whole:
            if step.state is StepState.NOW:
                attribute(whole, "aria-current", "step")
            icon(STEP_ICON[step.state])
            with box("div", "step-body"):
                text(words.say(f"incident.step.{step.name}"), "", "b")
                if step.due_at is not None:
                    countdown(step.due_at, words.exact(step.due_at))
                elif step.at is not None:
                    age(step.at, words.exact(step.at))
                text(words.say(f"incident.step.{step.state}"), "label")


def draw_tasks(sight: SearchSight, words: Words) -> None:
    """Who has to do what until when, and who did it."""
    with box("section", "part"):
        text(words.say("incident.tasks"), "part-title", "h2")
        with box("ol", "tasks"):
            for task in sight.tasks:
                _draw_task(task, sight.names, words)


def _draw_task(task: Task, names: dict[str, str], words: Words) -> None:
    with box("li", "task"):
        done = task.done_at is not None
        meaning = Meaning.RECORDED if done else Meaning.OPEN
        chip(
            words.say("incident.task.done" if done else "incident.task.open"),
            meaning,
            "check" if done else "clock",
        )
        with box("div", "task-body"):
            text(words.say(f"incident.task.{task.name}"), "", "b")
            text(f"{task.site} {names.get(task.site, '')}".strip())
            if task.note is not None:
                text(visible(task.note), "gap", "p")
        with box("div", "row-end"):
            if task.done_at is not None:
                text(visible(task.who or ""), "")
                age(task.done_at, words.exact(task.done_at), "label")
            elif task.due_at is not None:
                countdown(task.due_at, words.exact(task.due_at))


def draw_evidence(sight: SearchSight, words: Words) -> None:
    """Why it is suspected, as plain lines; what is not known is said to be unknown."""
    incident = sight.incident
    suspicion = incident.newest
    evidence = suspicion.evidence
    with box("section", "part"):
        text(words.say("incident.evidence"), "part-title", "h2")
        if evidence is None:
            with box("ul", "evidence"):
                for reason in suspicion.reasons_zh if words.is_zh else suspicion.reasons_en:
                    text(visible(reason), "", "li")
        else:
            if incident.look is not None and incident.suspicion.kind is Kind.GROUP:
                _draw_whose(incident.look.waybill, words)
            draw_why(incident.suspicion.evidence, incident.look, words)
        with box("dl", "facts facts-wide"):
            expected = suspicion.expected_site
            _fact(words, "incident.previous", suspicion.previous_site, sight.names)
            _fact(words, "incident.expected", expected, sight.names)
            with box("div", "fact"):
                text(words.say("incident.expected_by"), "label", "dt")
                with box("dd"):
                    if suspicion.expected_by is None:
                        text(words.say("figure.unknown"), "gap")
                    else:
                        age(suspicion.expected_by, words.exact(suspicion.expected_by))
            if evidence is None:
                _draw_chance(suspicion.p_lost, words)
            with box("div", "fact"):
                text(words.say("incident.tier"), "label", "dt")
                text(words.name("tier", suspicion.tier), "", "dd")
        if evidence is not None:
            draw_chances(evidence, words)
            draw_shares(evidence, sight.names, words)
        if sight.looks:
            text(words.say("why.next"), "detail-title", "h2")
            draw_looks(sight.looks, words)


def _draw_whose(number: str, words: Words) -> None:
    with box("p", "why-age"):
        text(words.say("incident.look.whose"), "label")
        waybill(number)


def _draw_chance(p_lost: float | None, words: Words) -> None:
    with box("div", "fact"):
        text(words.say("incident.p_lost"), "label", "dt")
        # No estimate is a gap, never zero.
        said = words.say("incident.p_lost.none") if p_lost is None else percent(p_lost)
        text(said, "gap" if p_lost is None else "figure", "dd")


def _fact(words: Words, key: str, site: str | None, names: dict[str, str]) -> None:
    with box("div", "fact"):
        text(words.say(key), "label", "dt")
        with box("dd"):
            if site is None:
                text(words.say("figure.unknown"), "gap")
            else:
                text(site, "", "b")
                text(names.get(site, ""))


def draw_mails(mails: Sequence[MailReceipt], words: Words) -> None:
    """Each mail with its receipt: to whom, when, and what the mail server said."""
    with box("section", "part"):
        text(words.say("incident.mails"), "part-title", "h2")
        if not mails:
            text(words.say("incident.mails.none"), "gap", "p")
            return
        with box("ol", "tasks"):
            for mail in mails:
                _draw_mail(mail, words)


def _draw_mail(mail: MailReceipt, words: Words) -> None:
    purpose = mail.key.split("/")[2]
    with box("li", "task"):
        chip(words.name("mail.state", mail.state), MAIL_MEANING[mail.state], MAIL_ICON[mail.state])
        with box("div", "task-body"):
            text(words.name("mail.purpose", purpose), "", "b")
            text(visible(", ".join(mail.to)))
            if mail.answer is not None:
                with box("p", ""):
                    text(words.say("mail.answer"), "label")
                    text(visible(mail.answer), "code")
            text(visible(mail.message_id), "label code", "p")
        with box("div", "row-end"):
            at = mail.sent_at or mail.queued_at
            age(at, words.exact(at))
            if mail.attempts > 1:
                text(words.say("mail.attempts", n=mail.attempts), "label")


def draw_history(history: Sequence[HistoryLine], words: Words) -> None:
    """Everything that happened, newest first."""
    with box("section", "part"):
        text(words.say("incident.history"), "part-title", "h2")
        with box("ol", "history"):
            for line in reversed(history):
                with box("li"):
                    text(words.clock_time(line.at), "label figure")
                    text(words.name("incident.did", line.act), "", "b")
                    text(visible(line.who))
                    if line.site is not None:
                        text(line.site, "gap")
                    age(line.at, words.exact(line.at))
                    if line.note is not None:
                        text(visible(line.note), "history-reason", "p")


def draw_documents(sight: SearchSight, words: Words) -> None:
    """What was filed; each is saved with a reason that is written down (CS-P1), never opened."""
    text(words.say("incident.documents"), "detail-title", "h2")
    if not sight.documents:
        text(words.say("incident.documents.none"), "gap", "p")
        return
    with box("ol", "history"):
        for document in sight.documents:
            url = f"/api/v1/incidents/{sight.incident.id}/attachments/{document.sha256}"
            with box("li"):
                text(visible(document.name), "", "b")
                text(visible(document.who), "gap")
                age(document.at, words.exact(document.at))
                text(f"SHA-256 {document.sha256[:16]}…", "history-reason code", "p")
                if sight.may_save:
                    _draw_save(url, words)


def _draw_save(url: str, words: Words) -> None:
    with attribute(box("form", "act-form"), "action", url):
        with box("label", "form-field"):
            text(words.say("incident.document.why"), "label")
            why = attribute(box("input", "field"), "name", "unmask")
            bounds = {"minlength": REASON_CHARS_MIN, "maxlength": REASON_CHARS_MAX, "required": ""}
            for name, bound in bounds.items():
                attribute(why, name, str(bound))
        attribute(button(words.say("incident.document.save"), ""), "type", "submit")
