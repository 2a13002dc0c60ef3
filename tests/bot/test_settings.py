"""The configuration: what is read from where, and what is said about mistakes."""

from pathlib import Path

import pytest

from bot.complaints import FaultySettings
from bot.settings import Keeping, SenderLimits, Settings, load
from core.domain.accounts import Payee
from core.domain.retention import Periods
from core.services.desk.scene import Policy

BRANCH = '[[branch]]\ncode = "khb"\nname = "Хабаровск"\ntimezone = "Asia/Vladivostok"\n'

PAYEE = """
payee = { name = "ПАО Свет", account = "40702810138250123017", bank = "Банк", bic = "044525225", inn = "2723088770" }
"""


def read(folder: Path, text: str = "", environment: dict[str, str] | None = None, branch: str = BRANCH) -> Settings:
    file = folder / "meterline.toml"
    file.write_text(text + branch, encoding="utf-8")
    return load(file, environment or {})


def complaint(folder: Path, text: str = "", environment: dict[str, str] | None = None, branch: str = BRANCH) -> str:
    with pytest.raises(FaultySettings) as caught:
        read(folder, text, environment, branch)
    return str(caught.value)


MISTAKES = {
    "unknown_key": ("[server]\nprot = 1\n", "server.prot: unknown key; did you mean port?"),
    "unknown_section": ("[chanels.sms]\n", "chanels: unknown key; did you mean channels?"),
    "unknown_deep": (
        "[channels.sms.kannel]\nsecrt = ''\n",
        "channels.sms.kannel.secrt: unknown key; did you mean secret?",
    ),
    "unknown_and_unlike": ("[privacy]\nxyz = 1\n", "privacy.xyz: unknown key; known are state_owned"),
    "not_a_number": ("[server]\nport = 'x'\n", "server.port: should be a valid integer"),
    "example": ("[server]\nport = 'x'\n", "for example: port = 8080"),
    "out_of_range": ("[server]\nport = 70000\n", "server.port: should be less than or equal to 65535"),
    "not_a_choice": ("[channels.sms]\ngateway = 'smpp'\n", "channels.sms.gateway: should be 'kannel', 'generic' or"),
    "vk_half": (
        "[channels.vk]\nenabled = true\ntoken = 't'\ngroup_id = 7\n",
        "channels.vk: secret, confirmation should be set in the mode callback",
    ),
    "not_an_address": ("[server]\npublic_url = 'example.ru'\n", "server.public_url: should begin with https://"),
    "wrong_database": ("[database]\nurl = 'mysql://x'\n", "database.url: should name a file as sqlite:///"),
    "memory": ("[database]\nurl = 'sqlite:///:memory:'\n", "database.url: should name a file as sqlite:///"),
    "no_folder": ("[texts]\noverrides = 'nowhere'\n", "texts.overrides: there is no folder"),
    "quiet_day": ("[reminders]\nquiet = ['09:00', '21:00']\n", "reminders.quiet: should be the hours of the night"),
    "not_a_kind": ("[reminders]\nkinds = ['first_day']\n", "reminders.kinds[1]: should be 'opens', 'last_day' or"),
    "no_room": ("[reminders]\nshare = 1\n", "reminders.share: should be less than 1"),
    "oidc_half": ("[staff.oidc]\nenabled = true\n", "staff.oidc: issuer and client_id should be set"),
    "oidc_plain": ("[staff.oidc]\nissuer = 'http://sso.example.ru'\n", "staff.oidc.issuer: should be an address with"),
    "oidc_query": ("[staff.oidc]\nissuer = 'https://sso.example.ru/?a'\n", 'example: issuer = "https://sso.example'),
    "oidc_scopes": ("[staff.oidc]\nscopes = ['email']\n", "staff.oidc.scopes: should contain openid"),
    "oidc_domain": ("[staff.oidc]\ndomain = '@example.ru'\n", "staff.oidc.domain: should be what stands behind the @"),
    "oidc_mail": (
        "[staff.oidc]\nenabled = true\nissuer = 'https://s.example.ru'\nclient_id = 'm'\nclaim = 'email'\n",
        "staff.oidc: domain should be set where the claim is an e-mail",
    ),
    "oidc_nowhere": (
        "[staff.oidc]\nenabled = true\nissuer = 'https://s.example.ru'\nclient_id = 'm'\n",
        "staff.oidc needs server.public_url",
    ),
    "no_channel": (
        "[privacy]\nrestricted = ['smss']\n",
        "privacy.restricted: no channel is called 'smss'; did you mean",
    ),
    "too_short": (
        "[retention]\nreadings_days = 90\n",
        "retention.readings_days: should be greater than or equal to 400",
    ),
    "no_toml": ("[server\n", "meterline.toml is not TOML: "),
}


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_a_mistake_is_named_with_its_place_and_a_remedy(name: str, tmp_path: Path) -> None:
    """Each mistake is told with section and key, what is wrong and what would be right."""
    text, words = MISTAKES[name]
    assert words in complaint(tmp_path, text)


BRANCHES = {
    "none": ("", "branch: at least one [[branch]] is needed"),
    "zone": (BRANCH.replace("Vladivostok", "Vladivostock"), "branch[1].timezone: no time zone is called"),
    "nearest_zone": (BRANCH.replace("Vladivostok", "Vladivostock"), "did you mean Asia/Vladivostok?"),
    "twice": (BRANCH * 2, "branch: two branches have the same code"),
    "second": (BRANCH + "[[branch]]\ncode = 'a'\nname = 'A'\n", "branch[2].timezone: is missing"),
    "window": (BRANCH + "window = [25, 20]\n", "branch[1].window: should be the first and the last day"),
    "pattern": (BRANCH + "account_pattern = '('\n", "branch[1].account_pattern: is not a regular expression"),
    "payee": (
        BRANCH + "payee = { inn = '2723088770' }\n",
        "payee: cannot stand in a bill's code: Name is missing",
    ),
    "bank account": (
        BRANCH + PAYEE.replace("40702810", "4070281O"),
        "a bill's code: PersonalAcc should be",
    ),
    "limits": (BRANCH + "[branch.limits]\nsoft_daily_kwh = 400\n", "soft_daily_kwh should not be above"),
}


@pytest.mark.parametrize("name", sorted(BRANCHES))
def test_a_mistake_in_a_branch_is_named_with_its_number(name: str, tmp_path: Path) -> None:
    """Branches are counted from one, as people do."""
    branch, words = BRANCHES[name]
    assert words in complaint(tmp_path, branch=branch)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """The operator need not start five times to find five mistakes."""
    words = complaint(tmp_path, "[server]\nport = 'x'\nprot = 1\n[logs]\nlevel = 'loud'\n")
    assert words.splitlines()[0].endswith("meterline.toml has 3 faults:")
    assert len(words.splitlines()) == 4


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """A variable replaces the file's value, makes sections that are not there, and takes lists as TOML writes them."""
    settings = read(
        tmp_path,
        "[server]\nport = 1\n",
        {
            "METERLINE__SERVER__PORT": "8081",
            "METERLINE__CHANNELS__SMS__ENABLED": "true",
            "METERLINE__CHANNELS__SMS__OWN_NUMBERS": '["4747", "+79990001122"]',
            "METERLINE__CHANNELS__SMS__KANNEL__SECRET": "from-the-environment",
            "METERLINE_OTHER": "is none of ours",
        },
    )
    assert settings.server.port == 8081
    assert settings.channels.sms.enabled is True
    assert list(settings.channels.sms.own_numbers) == ["4747", "+79990001122"]
    assert settings.secrets() == {"from-the-environment"}


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    """A wrong variable is told by its own name; so is an unknown one."""
    words = complaint(tmp_path, "", {"METERLINE__SERVER__PORT": "x", "METERLINE__SERVER__HOTS": "y"})
    assert "METERLINE__SERVER__PORT (server.port): should be a valid integer" in words
    assert "METERLINE__SERVER__HOTS (server.hots): unknown key; did you mean host?" in words


def test_a_list_in_the_environment_must_be_toml(tmp_path: Path) -> None:
    """What begins like a list and is none is told so."""
    words = complaint(tmp_path, "", {"METERLINE__CHANNELS__SMS__OWN_NUMBERS": "[4747"})
    assert words.startswith("METERLINE__CHANNELS__SMS__OWN_NUMBERS is not a list")


def test_no_part_of_a_branch_comes_from_the_environment(tmp_path: Path) -> None:
    """Branches are a list; a variable gives the whole of it or nothing."""
    assert "is no section" in complaint(tmp_path, "", {"METERLINE__BRANCH__CODE": "khb"})


def test_secrets_do_not_print(tmp_path: Path) -> None:
    """Neither repr nor str of the settings holds a secret or the password of the database."""
    settings = read(
        tmp_path,
        '[channels.sms.kannel]\nsecret = "hush-hush"\npassword = "mumble"\n'
        '[database]\nurl = "postgresql://meterline:whisper@db/meterline"\n',
    )
    for shown in (repr(settings), str(settings), f"{settings.channels}", settings.database.shown):
        assert not any(secret in shown for secret in ("hush-hush", "mumble", "whisper"))
    assert "***" in repr(settings)
    assert settings.database.shown == "postgresql://meterline:***@db/meterline"


def test_a_secret_is_not_in_a_complaint(tmp_path: Path) -> None:
    """A complaint about a secret tells its place and not its value."""
    assert "123456789" not in complaint(tmp_path, "[channels.sms.kannel]\nsecret = 123456789\n")


def test_a_relative_database_is_beside_the_file(tmp_path: Path) -> None:
    """The database is found from any working directory; the default one too."""
    assert read(tmp_path).database.file == tmp_path / "meterline.db"
    assert read(tmp_path, "[database]\nurl = 'sqlite:///var/m.db'\n").database.file == tmp_path / "var/m.db"
    assert read(tmp_path, "[database]\nurl = 'sqlite:////srv/m.db'\n").database.file == Path("/srv/m.db")


def test_a_server_has_no_file(tmp_path: Path) -> None:
    """PostgreSQL's short spelling is made the long one, which the driver wants."""
    database = read(tmp_path, "[database]\nurl = 'postgres://db/m'\n").database
    assert database.file is None
    assert database.url == "postgresql://db/m"


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    """A newcomer learns of `meterline init`."""
    with pytest.raises(FaultySettings, match="`meterline init` writes one"):
        load(tmp_path / "meterline.toml", {})


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A file in another encoding, or a folder, is named and not a traceback."""
    file = tmp_path / "meterline.toml"
    file.write_bytes("имя".encode("cp1251"))
    with pytest.raises(FaultySettings, match="is not UTF-8"):
        load(file, {})
    with pytest.raises(FaultySettings, match="cannot be read"):
        load(tmp_path, {})


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Windows editors write one."""
    file = tmp_path / "meterline.toml"
    file.write_text(BRANCH, encoding="utf-8-sig")
    assert load(file, {}).branch[0].code == "khb"


def test_settings_are_frozen(tmp_path: Path) -> None:
    """Nothing changes after reading."""
    with pytest.raises(ValueError, match="frozen"):
        read(tmp_path).server.port = 1


def test_a_branch_becomes_the_cores(tmp_path: Path) -> None:
    """Every setting of a branch reaches the core, the time zone as a time zone."""
    extra = 'window = [1, 26]\noutside = "reject"\nphones = ["112"]\n[branch.limits]\nhard_daily_kwh = 100\n'
    branch = read(tmp_path, branch=BRANCH + extra).branches()["khb"]
    assert (branch.name, str(branch.timezone), branch.window) == ("Хабаровск", "Asia/Vladivostok", (1, 26))
    assert (branch.outside, branch.phones, branch.limits.hard_daily_kwh) == ("reject", ("112",), 100)


def test_a_payee_becomes_the_cores(tmp_path: Path) -> None:
    """The requisites reach the core as they stand; a branch that tells none has none."""
    payee = read(tmp_path, branch=BRANCH + PAYEE).branches()["khb"].payee
    assert payee == Payee(
        name="ПАО Свет", account="40702810138250123017", bank="Банк", bic="044525225", inn="2723088770"
    )
    assert read(tmp_path).branches()["khb"].payee is None


def test_limits_default_to_the_cores() -> None:
    """The configuration's defaults and the desk's are the same."""
    limits, policy = SenderLimits(), Policy()
    assert limits.messages_per_hour == policy.messages_per_hour
    assert limits.format_errors_per_day == policy.format_errors_per_day
    assert limits.confirm_hours * 3600 == policy.confirm.total_seconds()


def test_retention_defaults_are_the_domains() -> None:
    """Who sets nothing keeps things as long as the rules say."""
    assert Keeping().periods() == Periods()
