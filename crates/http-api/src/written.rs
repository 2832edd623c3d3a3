//! Bodies that are written on a thread of their own, as fast as they are read.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::web::Bytes;
use futures_util::{Stream, stream};
use tokio::{runtime::Handle, sync::mpsc};

use crate::Shutdown;

/// One piece of a body. Unit: bytes.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait for their reader.
const PIECES_WAITING: usize = 4;
/// How long a reader may take no piece. One that reads nothing would keep a thread for ever.
const READER_IDLE: Duration = Duration::from_mins(1);

/// What a body is written to. Fails once nobody reads it any more.
pub(crate) struct Pieces {
    piece: Vec<u8>,
    out: mpsc::Sender<io::Result<Bytes>>,
    runtime: Handle,
    /// Whether the body is given up: then its end is none.
    given_up: Arc<AtomicBool>,
}

impl Pieces {
    fn send(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES));
        self.give(Ok(piece.into()))
    }

    fn give(&self, piece: io::Result<Bytes>) -> io::Result<()> {
        let sent = tokio::time::timeout(READER_IDLE, self.out.send(piece));
        match self.runtime.block_on(sent) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => {
                self.given_up.store(true, Ordering::Release);
                Err(io::ErrorKind::TimedOut.into())
            }
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE_BYTES.saturating_sub(self.piece.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.piece.extend_from_slice(taken);
        if self.piece.len() >= PIECE_BYTES {
            self.send()?;
        }
        Ok(taken.len())
    }

    /// Nothing: pieces are sent when they are full, and the last one at the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A body that `write` writes. When that fails, and when the server stops, the answer breaks off
/// without its end.
pub(crate) fn written(
    shutdown: Shutdown,
    write: impl FnOnce(&mut Pieces) -> io::Result<()> + Send + 'static,
) -> impl Stream<Item = io::Result<Bytes>> {
    let (out, pieces) = mpsc::channel(PIECES_WAITING);
    let runtime = Handle::current();
    let given_up = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&given_up);
    // It ends by itself, at the latest when its first piece finds no reader.
    drop(tokio::task::spawn_blocking(move || {
        let mut body =
            Pieces { piece: Vec::with_capacity(PIECE_BYTES), out, runtime, given_up: told };
        match write(&mut body).and_then(|()| body.send()) {
            // The reader went away, or the server stops: nobody is there to be told.
            Err(wrong) if wrong.kind() == io::ErrorKind::BrokenPipe => {}
            Err(wrong) if wrong.kind() == io::ErrorKind::TimedOut => {
                let seconds = READER_IDLE.as_secs();
                tracing::info!(
                    seconds,
                    "an answer was given up: nobody has read of it for so long"
                );
            }
            Err(wrong) => {
                tracing::error!(error = %wrong, "an answer breaks off");
                let _gone = body.give(Err(wrong));
            }
            Ok(()) => {}
        }
    }));
    stream::unfold((Some(pieces), shutdown, given_up), |(pieces, shutdown, given_up)| async {
        let mut pieces = pieces?;
        let piece = tokio::select! {
            biased;
            () = shutdown.cancelled() => Err(io::Error::other("the server stops")),
            piece = pieces.recv() => match piece {
                Some(piece) => piece,
                None if given_up.load(Ordering::Acquire) => Err(io::ErrorKind::TimedOut.into()),
                None => return None,
            },
        };
        // After an error nothing more is read, and the thread that writes notices.
        let pieces = piece.is_ok().then_some(pieces);
        Some((piece, (pieces, shutdown, given_up)))
    })
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    #[actix_web::test]
    async fn a_body_comes_whole_and_in_order() {
        let body = written(Shutdown::new(), |out| {
            (0..100_000_u32).try_for_each(|number| out.write_all(&number.to_be_bytes()))
        });
        let pieces: Vec<Bytes> = body.map(|piece| piece.unwrap()).collect().await;
        assert!(pieces.iter().all(|piece| piece.len() <= PIECE_BYTES));
        let whole = pieces.concat();
        assert!((0..100_000_u32).flat_map(u32::to_be_bytes).eq(whole));
    }

    #[actix_web::test]
    async fn whoever_stops_reading_stops_the_writer() {
        let (told, stopped) = tokio::sync::oneshot::channel();
        let body = written(Shutdown::new(), |out| {
            let wrong = loop {
                if let Err(wrong) = out.write_all(&[7; 1_000]) {
                    break wrong;
                }
            };
            told.send(wrong.kind()).unwrap();
            Err(wrong)
        });
        let mut body = Box::pin(body);
        body.next().await.unwrap().unwrap();
        drop(body);
        assert_eq!(stopped.await.unwrap(), io::ErrorKind::BrokenPipe);
    }

    #[actix_web::test]
    async fn a_body_that_cannot_be_finished_and_a_stop_break_it_off() {
        let body = written(Shutdown::new(), |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("damaged"))
        });
        let pieces: Vec<io::Result<Bytes>> = body.collect().await;
        assert!(matches!(pieces.as_slice(), [Err(_)]), "{pieces:?}");

        let shutdown = Shutdown::new();
        let endless = written(shutdown.clone(), |out| {
            loop {
                out.write_all(&[7; 1_000])?;
            }
        });
        let mut endless = Box::pin(endless);
        endless.next().await.unwrap().unwrap();
        shutdown.cancel();
        assert!(endless.next().await.unwrap().is_err());
        assert!(endless.next().await.is_none());
    }
}
