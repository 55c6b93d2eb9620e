"""The report in a real browser: nothing fails, nothing is fetched, hover and sort work."""

import json
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest

from nasattn.analysis import front
from nasattn.records import load_study
from nasattn.report.html import Report, write_report
from tests.report.test_report_page import some_trials
from tests.studies import write_settings

pytestmark = pytest.mark.services

ROWS = "return [...document.querySelectorAll('#trials tbody tr')].map(r => r.cells[{}].innerText)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Headless Chromium with a report open from disk."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    folder = tmp_path_factory.mktemp("report")
    write_settings(folder, "one")
    study, trials = load_study(folder, "one"), some_trials()
    write_report(
        Report(study, trials, front(trials, study.objectives), trials), folder / "report.html"
    )
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    driver.get((folder / "report.html").as_uri())
    deadline = time.monotonic() + 60
    while not driver.execute_script("return document.querySelectorAll('.main-svg').length"):
        assert time.monotonic() < deadline, "no chart was drawn"
        time.sleep(0.1)
    yield driver
    driver.quit()


def test_nothing_is_fetched_and_nothing_fails(browser: Any) -> None:
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert asked
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert sum(url.startswith("file:") for url in asked) == 1
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_a_click_on_a_head_sorts_and_another_turns_it_round(browser: Any) -> None:
    head = browser.find_element("css selector", "#trials th:nth-child(4) button")
    before = browser.execute_script(ROWS.format(0))
    assert before == [str(n) for n in range(7)]
    head.click()
    up = browser.execute_script(ROWS.format(3))
    head.click()
    down = browser.execute_script(ROWS.format(3))
    assert up == sorted(up, key=lambda words: float(words.rstrip("k")))
    assert down == up[::-1]


def test_words_sort_as_words_and_what_is_missing_comes_last(browser: Any) -> None:
    head = browser.find_element("css selector", "#trials th:last-child button")
    for _ in range(2):
        head.click()
        reasons = browser.execute_script(ROWS.format(8))
        assert reasons[0]
        assert not any(reasons[1:])


def test_a_point_that_is_hovered_over_tells_what_it_is(browser: Any) -> None:
    from selenium.webdriver import ActionChains

    points = browser.find_elements("css selector", "#front .scatterlayer .point")
    assert points
    browser.execute_script("scrollTo(0, 0)")
    ActionChains(browser).move_to_element(points[-1]).perform()
    deadline = time.monotonic() + 10
    while not (texts := browser.find_elements("css selector", "#front .hovertext text")):
        assert time.monotonic() < deadline, "nothing is shown"
        time.sleep(0.1)
    words = " ".join(text.text for text in texts)
    assert "trial" in words
    assert "params" in words


def test_the_charts_follow_light_and_dark(browser: Any) -> None:
    def colours(scheme: str) -> tuple[str, str]:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        time.sleep(1)
        page = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        label = browser.find_element("css selector", "#front .xtitle")
        return page, label.value_of_css_property("fill")

    light, dark = colours("light"), colours("dark")
    assert light[0] != dark[0]
    assert light[1] != dark[1]
