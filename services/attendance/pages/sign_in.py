"""Sign-in of a browser: a bearer token, kept in a cookie that scripts cannot read."""

from typing import Annotated, Any
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.attendance.pages.render import Language, page
from shared.http import SESSION, Caller, Problem, Role, Tokens, caller_of

router = APIRouter(tags=["pages"], include_in_schema=False)
HOURS_12 = 12 * 3600
HOME = "/desk"


class SignInNeeded(Problem):
    """A page was asked for without a session: the browser is sent to sign in and back."""

    def __init__(self, wanted: str) -> None:
        super().__init__(303, "sign-in-needed", "Sign in first")
        self._wanted = wanted

    def response(self) -> Response:
        """A redirect."""
        return RedirectResponse(f"/sign-in?next={quote(self._wanted, safe='')}", 303)


def visitor(*roles: Role) -> Any:
    """A dependency of pages: the signed-in caller, who has at least one of the roles."""

    def check(request: Request) -> Caller:
        try:
            caller = caller_of(request)
        except Problem as problem:
            if problem.body["status"] == 401:
                raise SignInNeeded(str(request.url.path)) from None
            raise
        if not caller.roles & set(roles):
            raise Problem(403, "forbidden", "Not allowed", "Your role does not open this page.")
        return caller

    return Depends(check)


def _local(path: str) -> str:
    """Only a path of ours: nobody is sent elsewhere by a crafted link."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else HOME


@router.get("/sign-in")
async def ask(lang: Language = "id", next: str = HOME) -> Response:  # noqa: A002 - the query's name
    """The form."""
    return page("sign-in.html", lang, {}, wanted=_local(next), wrong=False)


@router.post("/sign-in")
async def sign_in(request: Request, lang: Language = "id") -> Response:
    """Check the token and remember it for twelve hours, or until the browser forgets it."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    token, wanted = form.get("token", [""])[0].strip(), _local(form.get("next", [HOME])[0])
    tokens: Tokens = request.app.state.tokens
    try:
        tokens.caller(token)
    except Problem as problem:
        if problem.body["status"] != 401:
            raise
        return page("sign-in.html", lang, {}, status=401, wanted=wanted, wrong=True)
    answer = RedirectResponse(wanted, 303)
    answer.set_cookie(SESSION, token, HOURS_12, httponly=True, samesite="strict",
                      secure=request.url.scheme == "https")  # fmt: skip
    return answer


@router.post("/sign-out")
async def sign_out(caller: Annotated[Caller, visitor(*Role)]) -> Response:
    """Forget the session."""
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(SESSION)
    return answer
