"""Notices: what people read when a level changes, once, in words they can act on."""

from dataclasses import dataclass
from datetime import datetime

from bedrock_meter.domain.levels.flag import ENFORCE, Flag
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.level_state import LevelState
from bedrock_meter.domain.levels.plan import BLOCK, NONE, SLOW, Plan
from bedrock_meter.domain.records.aliases import LONGEST_VALUE
from bedrock_meter.domain.records.shown_text import is_shown_as_is, shown_text
from bedrock_meter.domain.time.hours import text_of

RUNBOOK = "docs/runbooks/tenant-red.md"
NO_CAUSE = "no signal reaches a level any more"
SUBJECT_LENGTH = 100  # What SNS takes.


@dataclass(frozen=True, slots=True)
class Notice:
    """One change of a tenant's level, to be sent once. `id` is the version of that change."""

    tenant: str
    id: int
    before: Level
    after: Level
    at: datetime
    subject: str
    body: str
    contact: str = ""

    @property
    def raised(self) -> bool:
        """Whether the level went up."""
        return self.after > self.before

    def attributes(self) -> tuple[tuple[str, str], ...]:
        """Return what subscribers filter by; an id that is not plain text is escaped."""
        return (
            ("notice", f"{self.id}"),
            ("tenant", shown_text(self.tenant, LONGEST_VALUE)),
            ("before", self.before.word),
            ("after", self.after.word),
            ("direction", "up" if self.raised else "down"),
        )


def notice_for(
    tenant: str,
    version: int,
    before: Level,
    state: LevelState,
    flag: Flag,
    plan: Plan,
    now: datetime,
) -> Notice | None:
    """Return the notice of a change of level; None when the level did not change."""
    if before is state.level:
        return None
    return Notice(
        tenant=tenant,
        id=version,
        before=before,
        after=state.level,
        at=now,
        subject=_subject(tenant, before, state.level),
        body="\n".join(_lines(tenant, before, state, flag, plan)),
        contact=plan.contact,
    )


def _subject(tenant: str, before: Level, after: Level) -> str:
    # Subjects are plain ASCII without line breaks, whatever a tenant id holds.
    name = shown_text(tenant).encode("ascii", "replace").decode()
    frame = f"Bedrock Meter:  {before.word} -> {after.word}"
    return frame.replace(":  ", f": {name[: SUBJECT_LENGTH - len(frame) - 1]} ", 1)


def _lines(tenant: str, before: Level, state: LevelState, flag: Flag, plan: Plan) -> list[str]:
    why = state.cause.reason if state.cause else NO_CAUSE
    lines = [
        f"Tenant '{shown_text(tenant)}' went from {before.word} to {state.level.word}.",
        f"Why: {why}.",
        f"What happens now: {_consequence(flag)}",
    ]
    advice = plan.response_at(state.level).advice
    if advice:
        lines.append(f"Advice: {advice}")
    if state.level > Level.GREEN:
        lines += [
            f"Until: {text_of(flag.expires_at)}. {state.explanation()}.",
            f"To override: {_command(tenant)}",
            f"Runbook: {RUNBOOK}",
        ]
    return lines


def _consequence(flag: Flag) -> str:
    effect = {
        BLOCK: "applications that ask for the flag stop calling.",
        SLOW: f"applications that ask for the flag slow down to {_limits(flag)}.",
        NONE: "nothing is held back.",
    }.get(flag.action, "nothing is held back; this is a notice.")
    if flag.deny:
        effect += f" Models withdrawn: {', '.join(flag.deny)}."
    if flag.action in (BLOCK, SLOW) and flag.mode != ENFORCE:
        return f"nothing is held back (mode is observe). In enforce mode, {effect}"
    return effect


def _limits(flag: Flag) -> str:
    limits = (
        (flag.limits.requests_per_minute, "requests per minute"),
        (flag.limits.tokens_per_minute, "tokens per minute"),
    )
    return " and ".join(f"{limit} {what}" for limit, what in limits if limit is not None) or (
        "what their plan allows"
    )


def _command(tenant: str) -> str:
    """Return the command for a tenant; an id with hidden characters cannot be copied from here."""
    if not is_shown_as_is(tenant):
        return "bedrock-meter flags list --json names this tenant as flags override takes it."
    options = '--action none --for 2h --reason "..."'
    if tenant.startswith("-"):  # the shell takes the quotes off, and it would be an option
        return f"bedrock-meter flags override {options} -- {_quoted(tenant)}"
    return f"bedrock-meter flags override {_quoted(tenant)} {options}"


def _quoted(tenant: str) -> str:
    return "'" + tenant.replace("'", "'\\''") + "'"
