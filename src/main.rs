//! The `hawser` binary: everything is in the library.

fn main() -> std::process::ExitCode {
    hawser::cli::run()
}
