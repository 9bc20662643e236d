"""What the Hub's client raises, said in one line with the mend, and never with the token."""

from cotfactory.errors import CotfactoryError

OUR_OWN = (CotfactoryError, TypeError, AttributeError)  # explained already, or a defect


class Explaining:
    """Turns what the client raises into one line with the mend, and never the token."""

    def __init__(self, target: object, token: str | None) -> None:
        self._target, self._token = target, token

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, Exception) or isinstance(error, OUR_OWN):
            return
        mend = _MENDS.get(status_of(error) or 0, "Run the same command again; it resumes.")
        said = brief(error, self._token)
        raise CotfactoryError(f"{self._target}: {said}. {mend}") from None


_MENDS = {
    401: "Log in with a token that is valid: set HF_TOKEN or run: hf auth login",
    403: "Use a token that may write to this repository.",
    404: "Check the name, and that your token may see it.",
}


def _chain(error: BaseException) -> list[BaseException]:
    """The exception, what it was raised from, and so on to the root."""
    found = [error]
    while (cause := found[-1].__cause__) and cause not in found:
        found.append(cause)
    return found


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an exception of the client, which wraps some of them."""
    for each in _chain(error):
        status = getattr(getattr(each, "response", None), "status_code", None)
        if isinstance(status, int):
            return status
    return None


def brief(error: BaseException, token: str | None) -> str:
    """One line; neither the token nor the exception's request, which holds it, is in it."""
    chain = _chain(error)
    root = next((e for e in chain if getattr(e, "server_message", None)), chain[-1])
    said = " ".join(str(getattr(root, "server_message", None) or root).split())[:300].rstrip(".")
    said = said.replace(token, "(token)") if token else said
    status = status_of(error)
    return f"the Hub answered {status}: {said}" if status else f"{type(root).__name__}: {said}"
