//! Where connections come from: a TCP port or a Unix socket.

use std::io::Result;
use std::net::SocketAddr;

#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::net::{TcpListener, TcpStream};

#[cfg(unix)]
pub use self::unix::UnixSocket;

/// Where connections come from.
pub enum Socket {
    /// A TCP port.
    Tcp(TcpListener),
    /// A Unix socket.
    #[cfg(unix)]
    Unix(UnixSocket),
}

/// A connection.
pub(crate) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl From<TcpListener> for Socket {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

impl Socket {
    /// The next connection.
    pub(crate) async fn accept(&self) -> Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok(Accepted::Tcp(stream, peer))
            }
            #[cfg(unix)]
            Self::Unix(socket) => socket.accept().await.map(Accepted::Unix),
        }
    }
}

#[cfg(unix)]
mod unix {
    //! A Unix socket. Only processes that may write to its file can connect.

    use std::fs::{self, Metadata, Permissions};
    use std::io::{Error, ErrorKind, Result};
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
    use std::os::unix::net::UnixStream as BlockingStream;
    use std::path::{Path, PathBuf};

    use tokio::net::{UnixListener, UnixStream};

    /// The owner and the group may connect.
    const MODE: u32 = 0o660;

    /// A Unix socket. Its file is removed when it is dropped.
    pub struct UnixSocket {
        listener: UnixListener,
        path: PathBuf,
        file: FileId,
    }

    /// The device and the number of a file.
    #[derive(Clone, Copy, PartialEq, Eq)]
    struct FileId(u64, u64);

    impl FileId {
        fn of(metadata: &Metadata) -> Self {
            Self(metadata.dev(), metadata.ino())
        }
    }

    impl UnixSocket {
        /// Listens at a path. A socket that an earlier process has left there is removed.
        ///
        /// # Errors
        /// If another process listens there, if the path has a file that is no socket, or if the
        /// socket cannot be created.
        pub fn bind(path: &Path) -> Result<Self> {
            remove_stale(path)?;
            let listener = UnixListener::bind(path)?;
            fs::set_permissions(path, Permissions::from_mode(MODE))?;
            let file = FileId::of(&fs::symlink_metadata(path)?);
            Ok(Self {
                listener,
                path: path.to_owned(),
                file,
            })
        }

        pub(crate) async fn accept(&self) -> Result<UnixStream> {
            let (stream, _) = self.listener.accept().await?;
            Ok(stream)
        }
    }

    impl Drop for UnixSocket {
        fn drop(&mut self) {
            // Another process may have replaced it meanwhile.
            let is_own =
                fs::symlink_metadata(&self.path).is_ok_and(|found| FileId::of(&found) == self.file);
            if is_own && let Err(error) = fs::remove_file(&self.path) {
                tracing::warn!(%error, path = %self.path.display(), "the socket could not be removed");
            }
        }
    }

    fn remove_stale(path: &Path) -> Result<()> {
        let found = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        if !found.file_type().is_socket() {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                "there is a file that is not a socket",
            ));
        }
        match BlockingStream::connect(path) {
            Ok(_) => Err(Error::new(
                ErrorKind::AddrInUse,
                "another process listens there",
            )),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
            Err(error) => Err(error),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn folder() -> PathBuf {
            static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            let turn = NEXT.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let name = format!("roundtable-socket-{}-{turn}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            fs::create_dir_all(&folder).expect("a folder");
            folder
        }

        #[tokio::test]
        async fn a_socket_is_for_its_owner_and_group_and_removed_at_the_end() {
            let folder = folder();
            let path = folder.join("gate.sock");
            let socket = UnixSocket::bind(&path).expect("listens");
            let mode = fs::metadata(&path)
                .expect("a file")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, MODE);
            let (client, served) = tokio::join!(UnixStream::connect(&path), socket.accept());
            assert!(client.is_ok() && served.is_ok());
            drop(socket);
            assert!(!path.exists());
            fs::remove_dir_all(folder).expect("removed");
        }

        #[tokio::test]
        async fn only_a_stale_socket_is_replaced() {
            let folder = folder();
            let path = folder.join("gate.sock");
            // A listener of the standard library leaves its file behind.
            drop(std::os::unix::net::UnixListener::bind(&path).expect("listens"));
            assert!(path.exists());
            let socket = UnixSocket::bind(&path).expect("replaces it");
            let kind = |path| {
                UnixSocket::bind(path)
                    .err()
                    .map(|error| error.kind())
            };
            assert_eq!(kind(&path), Some(ErrorKind::AddrInUse));
            // What has replaced the socket is not removed.
            fs::remove_file(&path).expect("removed");
            fs::write(&path, "a file").expect("written");
            drop(socket);
            assert_eq!(kind(&path), Some(ErrorKind::AlreadyExists));
            assert_eq!(fs::read(&path).expect("a file"), b"a file");
            let nowhere = folder.join("none").join("gate.sock");
            assert_eq!(kind(&nowhere), Some(ErrorKind::NotFound));
            fs::remove_dir_all(folder).expect("removed");
        }
    }
}
