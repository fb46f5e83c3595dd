//! Drives Chromium from a test: a chromedriver, a browser and an empty profile of its own for each.
//!
//! Must not know: the page that is tested.
//! Source: <https://www.w3.org/TR/webdriver2/>, and chromedriver's own commands for logs and for what a user prefers. We
//! differ: a client crate for it brings an asynchronous runtime, and the commands needed here are ten.
//! INVARIANT: both programs end with the value, and the profile's folder goes with it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What chromium needs to start without a screen, also as root in a container, and to ask for nothing by itself.
const ARGUMENTS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// How often a condition is asked for before it counts as false; each time a frame is drawn.
const FRAMES: usize = 600;

/// A browser with one window.
pub(crate) struct Browser {
    agent: ureq::Agent,
    session: String,
    driver: Child,
    _output: BufReader<ChildStdout>,
    _profile: TempDir,
}

impl Browser {
    /// Returns a browser whose page is 1280 by 800 pixels, and light.
    pub(crate) fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .args(["--port=0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("chromedriver starts; Debian has it in `chromium-driver`");
        let mut output = BufReader::new(driver.stdout.take().expect("the output is piped"));
        let port = port(&mut output);
        let profile = TempDir::new().expect("a profile's folder can be made");
        let mut arguments: Vec<String> = ARGUMENTS.map(String::from).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut chromium = json!({ "args": arguments });
        if let Some(binary) = binary() {
            chromium["binary"] = json!(binary);
        }
        let logs = json!({ "browser": "ALL", "performance": "ALL" });
        let wanted = json!({ "goog:chromeOptions": chromium, "goog:loggingPrefs": logs });
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let mut browser =
            Self { agent: config.into(), session: String::new(), driver, _output: output, _profile: profile };
        browser.session = format!("http://127.0.0.1:{port}/session");
        let made = browser.post("", json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.session += &format!("/{}", made["sessionId"].as_str().expect("a session has a name"));
        let screen = json!({ "width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        browser.protocol("Emulation.setDeviceMetricsOverride", screen);
        browser.prefer("light");
        // The browser opens with a page of its own, which asks for much.
        browser.post("/url", json!({ "url": "about:blank" }));
        browser.requests();
        browser
    }

    /// Loads the file, at what the address names in it, and waits until it is loaded.
    pub(crate) fn open(&self, page: &Path, fragment: &str) {
        self.post("/url", json!({ "url": format!("file://{}{fragment}", page.display()) }));
    }

    /// Makes the user prefer `light` or `dark`.
    pub(crate) fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.protocol("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Calls a command of the browser's own protocol.
    pub(crate) fn protocol(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// Returns the value of an expression in the page; of a promise, what it is kept with.
    pub(crate) fn value(&self, expression: &str) -> Value {
        self.post("/execute/sync", json!({ "script": format!("return ({expression});"), "args": [] }))
    }

    /// Waits until an expression in the page is true.
    ///
    /// # Panics
    /// If it is not after many frames.
    pub(crate) fn until(&self, condition: &str) {
        let asked = format!("new Promise(done => requestAnimationFrame(() => done(!!({condition}))))");
        let is_met = (0..FRAMES).any(|_| self.value(&asked) == Value::Bool(true));
        assert!(is_met, "never true: {condition}");
    }

    /// Returns the text that a user sees in the first element for `selector`.
    pub(crate) fn text(&self, selector: &str) -> String {
        let text = self.value(&format!("document.querySelector({})?.innerText", json!(selector)));
        text.as_str().unwrap_or_else(|| panic!("there is no {selector}")).to_owned()
    }

    /// Returns how many elements there are for `selector` that have a place on the page.
    pub(crate) fn count(&self, selector: &str) -> usize {
        let all = format!(
            "[...document.querySelectorAll({})].filter(one => one.getClientRects().length).length",
            json!(selector)
        );
        self.value(&all).as_u64().expect("a count") as usize
    }

    /// Clicks the first element for `selector` with the pointer, as a user does.
    pub(crate) fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.element(selector)), json!({}));
    }

    /// Types `keys` into the first element for `selector`.
    pub(crate) fn write(&self, selector: &str, keys: &str) {
        self.post(&format!("/element/{}/value", self.element(selector)), json!({ "text": keys }));
    }

    /// Returns what the page shows, as a PNG.
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        let image = self.get("/screenshot");
        BASE64_STANDARD.decode(image.as_str().expect("a picture in base 64")).expect("base 64")
    }

    /// Returns what the page has written to the console, and what the browser complained about.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.log("browser").iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// Returns the addresses that were asked for since it was called last.
    pub(crate) fn requests(&self) -> Vec<String> {
        let entries = self.log("performance");
        let urls = entries.iter().filter_map(|entry| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &message["message"];
            let url = message["params"]["request"]["url"].as_str()?;
            (message["method"] == "Network.requestWillBeSent").then(|| url.to_owned())
        });
        urls.collect()
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        self.post("/se/log", json!({ "type": kind })).as_array().cloned().unwrap_or_default()
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", json!({ "using": "css selector", "value": selector }));
        let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        id.expect("an element has an id").to_owned()
    }

    fn get(&self, path: &str) -> Value {
        let response = self.agent.get(format!("{}{path}", self.session)).call();
        value(path, response)
    }

    fn post(&self, path: &str, body: Value) -> Value {
        let request = self.agent.post(format!("{}{path}", self.session));
        let response = request.header("content-type", "application/json").send(body.to_string());
        value(path, response)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser when the session is deleted, and itself when it is killed; neither may hide why a
        // test has failed.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn value(path: &str, response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    let mut response = response.unwrap_or_else(|error| panic!("{path}: {error}"));
    let is_good = response.status().is_success();
    // A screenshot and a log of requests may be greater than what the client reads unasked.
    let text = response.body_mut().with_config().limit(256 << 20).read_to_string().expect("an answer that is text");
    let mut answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"));
    assert!(is_good, "{path}: {}", answer["value"]["message"]);
    answer["value"].take()
}

/// Reads the driver's output up to the line that names its port.
fn port(output: &mut BufReader<ChildStdout>) -> u16 {
    let mut line = String::new();
    loop {
        line.clear();
        let read = output.read_line(&mut line).expect("the output can be read");
        assert!(read > 0, "chromedriver ended before it named its port");
        if let Some((_, port)) = line.trim_end().trim_end_matches('.').rsplit_once("successfully on port ") {
            return port.parse().expect("a port");
        }
    }
}

/// Returns where Debian's chromium is; other systems' browsers are found by the driver.
fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|binary| binary.is_file())
}
