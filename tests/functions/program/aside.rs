//! Another thread of this process.

use std::sync::mpsc::{Sender, channel};

type Work = Box<dyn FnOnce() + Send>;

pub struct Aside {
    work: Sender<Work>,
}

impl Aside {
    pub fn start() -> Self {
        let (work, received) = channel::<Work>();
        std::thread::spawn(move || received.into_iter().for_each(|work| work()));
        Self { work }
    }

    /// Has this done there, and waits for it.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, result) = channel();
        self.work.send(Box::new(move || drop(done.send(work())))).unwrap();
        result.recv().expect("what is done aside does not fail")
    }
}
