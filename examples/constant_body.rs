//! A bare server that answers every request with a constant body: what `scripts/bench-serve`
//! measures Hawser against.
//!
//! ```text
//! cargo run --release --example constant_body -- PORT BYTES WORKERS
//! ```

use actix_web::{App, HttpResponse, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let &[port, bytes, workers] = &numbers[..] else {
        return Err(std::io::Error::other("expected PORT BYTES WORKERS"));
    };
    let port = u16::try_from(port).map_err(std::io::Error::other)?;
    let body = web::Bytes::from("x".repeat(bytes));
    HttpServer::new(move || {
        let body = body.clone();
        App::new().default_service(web::to(move || {
            let body = body.clone();
            async move {
                HttpResponse::Ok()
                    .content_type("application/json")
                    .body(body)
            }
        }))
    })
    .workers(workers)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
