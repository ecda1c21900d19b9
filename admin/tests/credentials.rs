//! `admin credentials`, as an operator has it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the command prints and how it ends, with these lines as its input, over a laptop's file.
fn admin(file: &Path, arguments: &[&str], input: &str) -> (String, bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_admin"))
        .arg("credentials")
        .args(arguments)
        .env_clear()
        .env("ASSETS_PROVIDER_CREDENTIALS", file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (String::from_utf8(printed).unwrap(), output.status.success())
}

#[test]
fn keys_are_set_listed_and_removed_and_never_shown() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("providers.json");
    let run = |arguments: &[&str], input: &str| {
        let (printed, worked) =
            admin(&file, &[arguments, &["--workspace", "acme"]].concat(), input);
        assert!(!printed.contains("nobody"), "{printed}");
        (printed, worked)
    };
    assert_eq!(run(&["list"], ""), (String::new(), true));
    let set = run(&["set", "fal"], "k3y-nobody-sees\n");
    let notice = "acme has a key for fal; running functions notice within a minute\n";
    assert_eq!(set, (notice.to_owned(), true));
    assert!(run(&["set", "openai", "--webhook-secret"], "k-nobody\r\nwhsec_nobody\n").1);
    let listed = "fal\nopenai  with a webhook secret\n";
    assert_eq!(run(&["list"], ""), (listed.to_owned(), true));
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.contains("\"k3y-nobody-sees\"") && kept.contains("\"whsec_nobody\""));
    assert!(run(&["remove", "fal"], "").1);
    let (why, worked) = run(&["remove", "fal"], "");
    assert!(!worked && why.contains("acme has no key for fal"), "{why}");
    assert_eq!(run(&["list"], "").0, "openai  with a webhook secret\n");
}

#[test]
fn what_is_wrong_is_said_without_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("providers.json");
    let acme = ["--workspace", "acme"];
    for (arguments, input, expected) in [
        (&["set", "fal"][..], "", "no line with the key"),
        (&["set", "fal", "--webhook-secret"], "k-nobody\n", "no line with the webhook secret"),
        (&["set", "fal"], "k nobody sees\n", "key: expected"),
        (&["set", "fax"], "k-nobody\n", "expected one of elevenlabs, "),
        (&["set", "demo"], "k-nobody\n", "demo takes no key"),
        (&["set", "fal", "k-on-the-command-line"], "", "unexpected argument"),
        (&["list", "--table", "on-aws"], "", "--stack"),
    ] {
        let (printed, worked) = admin(&file, &[arguments, &acme].concat(), input);
        assert!(!worked && printed.contains(expected), "{printed}");
        assert!(!printed.contains("nobody"), "{printed}");
    }
    assert!(!file.exists());
}
