"""People use the web application in a real browser, with mouse, keyboard and phone."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from refcmdb.frontend import bundle

pytestmark = pytest.mark.skipif(
    bundle.load() is None, reason="the web application is not built: make frontend"
)

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
HEADING = "h1"


def log_in(page, user, password):
    form = page.locator(".log-in")
    form.get_by_label("Name").fill(user)
    form.get_by_label("Password").fill(password)
    form.get_by_role("button").click()


def test_stranger_logs_in_and_is_where_they_wanted_to_go(visit, server, device):
    page = visit(None, f"devices/{device['id']}")
    log_in(page, "operator-red", "wrong")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    log_in(page, "operator-red", server.passwords["operator-red"])
    expect(page.locator(HEADING)).to_contain_text(device["name"])


def test_log_out_ends_the_session(visit, server):
    page = visit(None)
    log_in(page, "viewer-red", server.passwords["viewer-red"])
    page.locator(".person summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    answer = page.request.get(f"{server.base}/api/v1/devices")
    assert answer.status == 401


def test_dashboard_shows_what_happened_last(visit, red, device):
    red.patch(f"/devices/{device['id']}", {"status": "offline"})
    page = visit()
    last = page.get_by_role("region", name="Changed last")
    expect(last.get_by_role("listitem").first).to_contain_text(device["name"])
    changes = page.get_by_role("region", name="Latest changes")
    changes.get_by_text(device["name"]).first.click()
    expect(changes.get_by_role("row", name="status active offline")).to_be_visible()
    expect(page.get_by_role("region", name="System")).to_contain_text("Database")


def test_search_finds_what_is_typed(visit, device):
    page = visit(path="devices")
    page.get_by_label("Search devices").fill(device["serial"])
    row = page.locator(".all .row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(device["name"])
    assert device["serial"] in page.url
    page.get_by_label("Search devices").fill("no such device at all")
    expect(page.get_by_text("No device matches")).to_be_visible()


def test_filters_and_order_are_kept_in_the_address(visit):
    page = visit(path="devices")
    page.get_by_label("Role").select_option("core")
    page.get_by_role("button", name="Serial").click()
    expect(page).to_have_url(re.compile(r"role=core&sort=serial"))
    expect(page.locator(".cell-role").first).to_have_text("core")
    page.reload()
    expect(page.get_by_role("columnheader", name="Serial")).to_have_attribute(
        "aria-sort", "ascending"
    )
    serials = page.locator(".cell-serial").all_text_contents()
    assert serials == sorted(serials)


def test_only_rows_in_sight_are_in_the_page(visit):
    """There are 320 devices and those of other tests: more come when one scrolls."""
    page = visit("admin", "devices")
    tally = page.locator(".devices > p")
    expect(tally).to_have_text("200 devices loaded, more below")
    page.locator(".rows").evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(tally).to_have_text(re.compile(r"^([3-9]\d\d|\d,\d{3}) devices"))
    page.locator(".rows").evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(page.locator(".all .row").last).to_be_visible()
    assert page.locator(".all .row").count() < 60


def test_going_back_finds_the_list_as_it_was_left(visit):
    page = visit("admin", "devices")
    rows = page.locator(".rows")
    expect(page.locator(".all .row").first).to_be_visible()
    rows.evaluate("box => box.scrollTo(0, 3000)")
    row = page.locator("[aria-rowindex='90']")  # of 36 pixels each: in sight there
    name = row.locator(".cell-name").inner_text()
    row.locator(".cell-site").click()
    expect(page.locator(HEADING)).to_contain_text(name)
    page.go_back()
    expect(page.get_by_role("link", name=name)).to_be_visible()
    assert rows.evaluate("box => box.scrollTop") == 3000


def test_everything_is_reached_with_the_keyboard(visit, device):
    page = visit(path="devices")
    page.locator("body").press("/")
    expect(page.get_by_label("Search devices")).to_be_focused()
    page.keyboard.type(device["name"][:-1])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q="))
    expect(page.locator(".all .row").first).to_contain_text(device["name"][:-1])
    grid = page.get_by_role("grid")
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    expect(page.locator(".chosen")).to_have_attribute("aria-selected", "true")
    chosen = page.locator(".chosen .cell-name").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(HEADING)).to_contain_text(chosen)
    expect(page.locator(HEADING)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(HEADING)).to_contain_text("Edit")
    page.go_back()
    expect(page.locator(HEADING)).to_contain_text(chosen)


def test_wrong_values_are_told_at_their_field(visit, red, device, device_body):
    other = red.post("/devices", device_body()).json()
    page = visit(path=f"devices/{device['id']}/edit")
    serial, name = page.get_by_label("Serial"), page.get_by_label("Name", exact=True)
    save = page.get_by_role("button", name="Save")

    name.fill("")
    save.click()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()

    name.fill(device["name"])
    serial.fill(other["serial"])
    save.click()
    expect(page.locator("#wrong-serial")).to_contain_text("already a device with this serial")
    expect(serial).to_be_focused()

    serial.fill("a\u0001b")
    save.click()
    expect(page.locator("#wrong-serial")).to_contain_text("not allowed here")
    assert red.get(f"/devices/{device['id']}").json() == device


def test_edit_is_saved_and_stands_in_the_change_log(visit, red, device):
    page = visit(path=f"devices/{device['id']}")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Status").select_option("staged")
    page.get_by_label("lab").check()
    page.get_by_label("Comments").fill("<b>one</b>\ntwo")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(HEADING)).to_contain_text("staged")
    expect(page.get_by_role("region", name="Facts")).to_contain_text("<b>one</b>")
    page.get_by_role("region", name="Changes").get_by_text("operator-red changed").click()
    expect(page.get_by_role("row", name="status active staged")).to_be_visible()
    saved = red.get(f"/devices/{device['id']}").json()
    assert (saved["tags"], saved["comments"]) == (["lab"], "<b>one</b>\ntwo")
    (change, _) = red.get("/changes", object_type="devices", object_id=device["id"]).json()[
        "items"
    ]
    assert change["action"] == "update"


def test_new_device_is_made_and_deleted_after_a_question(visit, red, unique):
    name = unique()
    page = visit(path="devices")
    page.get_by_role("link", name="New device").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Serial").fill(name)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Site")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Site").select_option(index=1)
    page.get_by_label("Device type").select_option(index=1)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(HEADING)).to_contain_text(name)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(HEADING)).to_have_text("Devices")
    assert red.get("/devices", name=name).json()["items"] == []


def csv(names, site="amer-00001"):
    rows = [f'{name},{name},{site},AR-1001,"a\n""b"""' for name in names]
    text = "\n".join(["name,serial,site,device_type,comments", *rows])
    return {"name": "new.csv", "mimeType": "text/csv", "buffer": text.encode()}


def test_import_shows_how_far_it_is(visit, red, unique):
    names = [unique() for _ in range(250)]
    page = visit(path="imports")
    page.get_by_label("File to import").set_input_files([csv(names)])
    expect(page.get_by_text("250 of 250 devices imported")).to_be_visible()
    assert page.get_by_role("progressbar").evaluate("bar => bar.position") == 1
    assert red.get("/devices", name=names[-1]).json()["items"][0]["comments"] == 'a\n"b"'


def test_import_says_which_row_is_wrong_and_what_is_in(visit, red, unique):
    names = [unique() for _ in range(205)]
    document = csv(names)
    document["buffer"] += f"\nx,{unique()},nowhere,AR-1001,".encode()
    page = visit(path="imports")
    page.get_by_label("File to import").set_input_files([document])
    expect(page.get_by_role("alert")).to_contain_text("Row 206, site: there is no such object")
    expect(page.get_by_text("200 of 206 devices imported")).to_be_visible()
    found = [bool(red.get("/devices", name=names[at]).json()["items"]) for at in (199, 200)]
    assert found == [True, False]


def test_import_refuses_files_of_another_kind(visit):
    page = visit(path="imports")
    other = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x"}
    page.get_by_label("File to import").set_input_files([other])
    expect(page.get_by_text("Choose a file that ends in .csv, .yaml or .xml.")).to_be_visible()


def test_viewer_is_offered_nothing_that_is_refused(visit, device):
    page = visit("viewer-red", f"devices/{device['id']}")
    expect(page.locator(HEADING)).to_contain_text(device["name"])
    for name in ("Edit", "Import", "Delete", "New device"):
        expect(page.get_by_text(name, exact=True)).to_have_count(0)


def test_device_of_another_tenant_is_none(visit, blue, unique):
    sites = blue.get("/sites", limit=1).json()["items"]
    body = {"name": unique(), "serial": unique(), "site_id": sites[0]["id"], "device_type_id": 1}
    theirs = blue.post("/devices", body).json()
    page = visit(path=f"devices/{theirs['id']}")
    expect(page.locator(HEADING)).to_have_text("There is no such device")


def test_what_was_written_outlives_the_session(visit, server, red, device, unique):
    page = visit(path=f"devices/{device['id']}/edit")
    text = unique()
    page.get_by_label("Comments").fill(text)
    page.context.clear_cookies()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Comments")).to_be_hidden()
    log_in(page, "operator-red", server.passwords["operator-red"])
    expect(page.get_by_label("Comments")).to_be_visible()
    expect(page.get_by_label("Comments")).to_have_value(text)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Facts")).to_contain_text(text)
    assert red.get(f"/devices/{device['id']}").json()["comments"] == text


def test_next_person_sees_nothing_of_the_one_before(visit, server, device, unique):
    page = visit(path=f"devices/{device['id']}/edit")
    text = unique()
    page.get_by_label("Comments").fill(text)
    page.context.clear_cookies()
    page.get_by_role("button", name="Save").click()
    log_in(page, "operator-blue", server.passwords["operator-blue"])
    expect(page.get_by_role("alert")).to_contain_text("There is no such object")
    expect(page.get_by_text(device["name"])).to_have_count(0)
    expect(page.get_by_label("Comments")).to_have_count(0)


@pytest.fixture(scope="module")
def wide(server, device_body):
    """A device with texts as long as they may be, none of which can be broken at a space."""
    admin = server.as_("admin")

    def text(length):
        return "0" + (uuid.uuid4().hex * length)[1:length]

    site = {"name": text(100), "region": text(50), "tenant_id": 1}
    model = {"manufacturer": text(100), "model": text(100)}
    body = device_body(
        name=text(100),
        serial=text(50),
        status="offline",
        comments=text(2000),
        tags=[admin.post("/tags", {"name": text(50)}).json()["name"]],
        site_id=admin.post("/sites", site).json()["id"],
        device_type_id=admin.post("/device-types", model).json()["id"],
        tenant_id=1,
    )
    return admin.post("/devices", body).json()


VIEWS = ["", "devices", "devices/{}", "devices/{}/edit", "devices/new", "changes", "imports"]


@pytest.mark.parametrize("view", VIEWS)
def test_view_fits_on_a_phone(visit, wide, view):
    page = visit(path=view.format(wide["id"]), **PHONE)
    expect(page.locator(HEADING)).to_be_visible()
    expect(page.get_by_text("Loading…")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]


def test_colours_follow_the_system_until_somebody_chooses(visit):
    page = visit(color_scheme="dark")

    def ground():
        red = page.evaluate("getComputedStyle(document.body).backgroundColor").split("(")[1]
        return "dark" if int(red.split(",")[0]) < 128 else "light"

    assert ground() == "dark"
    page.locator(".person summary").click()
    page.get_by_label("Colours").select_option("light")
    assert ground() == "light"
    page.reload()
    expect(page.locator("header")).to_be_visible()
    assert ground() == "light"


def test_policy_stops_scripts_and_styles_that_are_not_ours(visit):
    page = visit()
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<p style='color: red' onclick='x()'>x</p>");
    }""")
    assert page.evaluate("window.ran") is None
    stopped = {told.split()[0] for told in page.wrong}
    page.wrong.clear()
    assert {"script-src-elem", "style-src-attr"} <= stopped


def test_parts_come_from_another_origin_where_settings_say_so(visit, start_server):
    """Its own scripts are all from there, chunks that are loaded later among them."""
    cdn = {"REFCMDB_ASSETS_URL": "https://cdn.example.com/"}
    with start_server(environment=cdn) as kept:
        files = f"{kept.base}/app/assets/"
        with start_server(environment={"REFCMDB_ASSETS_URL": files}) as server:
            page = visit(base=server.base, path="devices")
            expect(page.locator(".all .row").first).to_be_visible()
            loaded = "performance.getEntriesByType('resource').map((entry) => entry.name)"
            ours = [name for name in page.evaluate(loaded) if re.search(r"\.(js|css)$", name)]
    assert len(ours) > 3
    assert all(name.startswith(files) for name in ours)
