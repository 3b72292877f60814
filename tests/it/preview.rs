//! `preview`: again on every save, and in a browser.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::world::{Running, World};

/// A preview is drawn within a second or two; a busy machine takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

const EDITION: &str = "[[edition]]\nname = \"daily\"\ncron = \"0 7 * * *\"\n";

/// Ends the program however the test ends.
struct Watching {
    _child: Running,
    lines: Receiver<String>,
}

impl Watching {
    fn start(world: &World) -> Self {
        let mut child = world
            .command(&["preview", "--offline", "--watch"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        for stream in [
            Box::new(child.stdout.take().unwrap()) as Box<dyn std::io::Read + Send>,
            Box::new(child.stderr.take().unwrap()),
        ] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    // Nobody listens once the test is over.
                    let _ = sender.send(line);
                }
            });
        }
        Self { _child: Running(child), lines }
    }

    #[track_caller]
    fn says(&self, words: &str) {
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            let is_it = line.contains(words);
            said.push(line);
            if is_it {
                return;
            }
        }
        panic!("{words:?} was not said:\n{}", said.join("\n"));
    }
}

#[test]
fn a_preview_is_shown_again_whenever_a_template_is_saved() {
    let config = format!("templates = \"looks\"\n{EDITION}");
    let world = World::new(&config);
    let shown = world.run(&["templates", "show", "email/digest.txt"]).ended(0).out;
    world.write("looks/email/digest.txt", format!("FIRST LOOK\n{shown}"));
    let watching = Watching::start(&world);
    watching.says("FIRST LOOK");
    world.write("looks/email/digest.txt", format!("SECOND LOOK\n{shown}"));
    watching.says("SECOND LOOK");
    // A mistake is named, and does not end it.
    world.write("looks/email/digest.txt", "THIRD LOOK\n{{ edition.titel }}\n");
    watching.says("email/digest.txt, line 2");
    world.write("looks/email/digest.txt", format!("FOURTH LOOK\n{shown}"));
    watching.says("FOURTH LOOK");
    // So does a mistake in the configuration.
    world.write("daybrief.toml", format!("{config}zone = \"Europe/Kyyiv\"\n"));
    watching.says("Europe/Kyyiv");
    world.write("daybrief.toml", format!("{config}title = \"Fifth look\"\n"));
    watching.says("FIFTH LOOK");
}

#[test]
fn a_preview_opens_in_a_browser_with_its_pictures_beside_it() {
    let world = World::new(EDITION);
    // The system's opener is what stands first on the path under that name.
    let opener = world.write("bin/xdg-open", "#!/bin/sh\nprintf '%s' \"$1\" > opened\n");
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", opener.parent().unwrap().display());
    for (arguments, ending) in [
        (&["preview", "--offline", "--open"][..], "html"),
        (&["preview", "--offline", "--open", "--format", "text"], "txt"),
    ] {
        let output = world.command(arguments).env("PATH", &path).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let opened = std::fs::read_to_string(world.path().join("opened")).unwrap();
        assert!(opened.ends_with(&format!("/edition.{ending}")), "{opened}");
        let shown = std::fs::read_to_string(&opened).unwrap();
        assert!(shown.to_lowercase().contains("nothing new"), "{shown}");
        std::fs::remove_dir_all(Path::new(&opened).parent().unwrap()).unwrap();
    }
}
