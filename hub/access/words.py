"""What login and account pages say, in both languages; Chinese first."""

from hub.web.choice import Language

WORDS: dict[str, tuple[str, str]] = {
    "login.title": ("登录", "Sign in"),
    "login.name": ("账号", "Account"),
    "login.password": ("密码", "Password"),
    "login.do": ("登录", "Sign in"),
    "login.wrong": ("账号或密码不对", "Account or password is wrong"),
    "login.wait": (
        "失败次数过多，请 {seconds} 秒后再试",
        "Too many failures: try again in {seconds} s",
    ),
    "login.busy": ("系统繁忙，请稍后再试", "Busy: try again in a moment"),
    "login.link": (
        "没有账号？请向管理员申请。管理员可用 custos-hub 启动时打印的一次性控制台链接，"
        "或运行 custos-hub link。",
        "No account? Ask an administrator. Administrators may open the one-use console link that "
        "custos-hub printed at its start, or run custos-hub link.",
    ),
    "refused.title": ("没有权限", "Not for your role"),
    "refused.do": (
        "您的角色（{role}）不能打开此页。需要时请联系管理员。",
        "Your role ({role}) cannot open this page. Ask an administrator if you need it.",
    ),
    "account.title": ("我的账号", "My account"),
    "account.role": ("角色", "Role"),
    "account.sites": ("网点", "Sites"),
    "account.sites.all": ("全部网点", "All sites"),
    "account.console": ("打开控制台", "Open the console"),
    "account.nobody": (
        "您以控制台链接或管理员令牌登录，没有自己的密码。",
        "You came in by a console link or the administrator's token: there is no password.",
    ),
    "account.must": (
        "此密码由他人设置。请先换成只有您知道的密码。",
        "Somebody else set this password. Change it to one that only you know.",
    ),
    "password.title": ("修改密码", "Change the password"),
    "password.old": ("当前密码", "Present password"),
    "password.new": ("新密码", "New password"),
    "password.again": ("再输一次新密码", "New password again"),
    "password.rule": (
        "至少 {least} 个字符，越长越好；不能包含账号名。修改后，其他浏览器须重新登录。",
        "At least {least} characters, the longer the better, without the account's name. "
        "All other browsers are signed out.",
    ),
    "password.do": ("修改密码", "Change"),
    "password.done": ("密码已修改", "The password is changed"),
    "password.wrong": ("当前密码不对", "The present password is wrong"),
    "password.differs": ("两次输入的新密码不一样", "The new passwords differ"),
    "password.short": ("新密码太短", "The new password is too short"),
    "password.long": ("新密码太长", "The new password is too long"),
    "password.simple": (
        "新密码用的字符种类太少",
        "The new password has too few different characters",
    ),
    "password.name": ("新密码不能包含账号名", "The new password must not hold the account's name"),
    "password.same": ("新密码与当前密码相同", "The new password is the present one"),
    "choice.title": ("语言和外观", "Language and look"),
    "choice.language": ("语言", "Language"),
    "choice.theme": ("外观", "Look"),
    "choice.dark": ("深色", "Dark"),
    "choice.light": ("浅色", "Light"),
    "choice.do": ("保存", "Keep"),
    "choice.done": ("已保存，下次登录仍然有效", "Kept, for the next time too"),
    "sessions.title": ("退出登录", "Sign out"),
    "sessions.here": ("退出此浏览器", "This browser"),
    "sessions.all": ("退出所有浏览器", "All browsers"),
    "labels.title": ("打印标签", "Print labels"),
    "labels.about": (
        "用浏览器的打印功能（A4，100% 比例）。标签以外的内容不会被打印。",
        "Print by the browser (A4, at 100 %). What is no label is not printed.",
    ),
    "labels.site": ("网点", "Site"),
    "labels.site.none": ("不选网点", "No site"),
    "labels.bag": ("集包袋编号，逗号分隔", "Bags, comma-separated"),
    "labels.vehicle": ("车辆编号", "Vehicles"),
    "labels.flight": ("航班编号", "Flights"),
    "labels.pallet": ("托盘编号", "Pallets"),
    "labels.do": ("显示标签", "Show the labels"),
    "labels.people.none": (
        "选择网点后，这里列出该网点的人员，可为其打印工牌。",
        "Choose a site: its people are listed here, and badges can be printed for them.",
    ),
    "labels.plain": ("使用工号", "Plain number counts"),
    "labels.token": ("已打印工牌", "Badge printed"),
    "labels.revoked": ("工牌已作废", "Badge revoked"),
    "labels.print": ("打印新工牌", "Print a new badge"),
    "labels.printed": ("新工牌", "New badge"),
    "labels.once": (
        "此工牌只显示这一次，请立即打印。旧工牌和工号从现在起作废。",
        "This badge is shown only this once: print it now. The badge and the number of before "
        "count no more.",
    ),
    "labels.back": ("返回标签页", "Back to the labels"),
    "role.warehouse": ("仓库", "Warehouse"),
    "role.monitor": ("监控", "Monitoring"),
    "role.supervisor": ("主管", "Supervisor"),
    "role.auditor": ("审计", "Auditor"),
    "role.administrator": ("管理员", "Administrator"),
}


def say(key: str, language: Language, **values: object) -> str:
    """A message with its blanks filled.

    Raises:
        KeyError: there is no such message, or a blank has no value.
    """
    chinese, english = WORDS[key]
    text = chinese if language is Language.ZH else english
    return text.format_map({name: str(value) for name, value in values.items()})
