//! A journal of the calls and their responses, written to disk before the next call is sent.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use tokio::sync::{mpsc, oneshot};

use crate::Outcome;

/// The maximum number of lines per write.
const BATCH: usize = 64;

/// An append-only file. Each line is flushed to disk. Cheap to clone.
#[derive(Clone)]
pub struct Journal(mpsc::Sender<(String, oneshot::Sender<()>)>);

impl Journal {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(path: &Path) -> Outcome<Self> {
        let file = File::options()
            .create(true)
            .append(true)
            .open(path)?;
        let (sender, receiver) = mpsc::channel(BATCH);
        tokio::spawn(write(file, receiver));
        Ok(Self(sender))
    }

    /// Adds a line and waits until it is on disk.
    pub async fn add(&self, line: String) {
        let (done, waited) = oneshot::channel();
        if self.0.send((line, done)).await.is_ok() {
            let _ = waited.await;
        }
    }
}

/// Lines that arrive together are flushed together.
async fn write(mut file: File, mut lines: mpsc::Receiver<(String, oneshot::Sender<()>)>) {
    let mut batch = Vec::new();
    while lines.recv_many(&mut batch, BATCH).await > 0 {
        let text: String = batch
            .iter()
            .map(|(line, _)| format!("{line}\n"))
            .collect();
        let written = tokio::task::spawn_blocking(move || {
            let written = file
                .write_all(text.as_bytes())
                .and_then(|()| file.sync_data());
            (file, written)
        });
        let Ok((kept, Ok(()))) = written.await else {
            return;
        };
        file = kept;
        batch.drain(..).for_each(|(_, done)| {
            let _ = done.send(());
        });
    }
}
