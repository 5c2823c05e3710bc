//! The real program in a folder of its own.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_roundtable");

/// A folder that is deleted at the end of the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let turn = NEXT.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!(
            "roundtable-process-{}-{turn}",
            std::process::id()
        ));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    /// A folder with a master key and an initialized database.
    pub fn initialized() -> Self {
        let folder = Self::new();
        let made = folder.run(&["init", "--new-master-key"], &[]);
        assert!(made.status.success(), "{made:?}");
        folder
    }

    /// The program with these arguments and these variables only.
    pub fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(&self.0);
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        self.command(arguments, variables)
            .output()
            .expect("the program runs")
    }
}

/// An address that nothing listens at.
pub fn free_address() -> String {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    free.local_addr().expect("an address").to_string()
}

/// The response to a GET request, with its head.
pub fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    exchange(&mut stream, &request)
}

/// Sends a request, and returns what comes until the connection ends.
pub fn exchange(stream: &mut (impl Read + Write), request: &str) -> String {
    stream
        .write_all(request.as_bytes())
        .expect("sent");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("an answer");
    answer
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that is killed at the end of the test.
pub struct Server {
    pub child: Child,
    /// Stays open because a server that cannot print its next line exits.
    pub output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts and waits until the port is open.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("standard output")).lines();
        let mut server = Self { child, output };
        let listens = server
            .output
            .any(|line| line.is_ok_and(|line| line.starts_with("Roundtable listens on")));
        assert!(listens, "the server did not start: {}", server.kill());
        server
    }

    #[cfg(target_os = "linux")]
    pub fn proc(&self, file: &str) -> String {
        let bytes = std::fs::read(format!("/proc/{}/{file}", self.child.id()));
        String::from_utf8_lossy(&bytes.expect(file)).into_owned()
    }

    /// Asks it to stop, as a service manager does.
    pub fn ask_to_stop(&self) {
        let stop = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(stop.is_ok_and(|status| status.success()));
    }

    /// Kills it and returns its log.
    pub fn kill(&mut self) -> String {
        let _ = self.child.kill();
        let mut log = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut log).expect("a log");
        }
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
