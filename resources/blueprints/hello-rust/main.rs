// A custom runtime in Rust without dependencies. With the crate lambda_runtime in a Cargo.toml,
// main is lambda_runtime::run(service_fn(handle)) and the rest of this file goes.
use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

fn handle(event: &str) -> Result<String, String> {
    println!("got {} bytes", event.len());
    Ok(format!("{{\"message\":\"Hello from Rust!\",\"youSent\":{}}}", event))
}

struct Api {
    host: String,
    reader: BufReader<TcpStream>,
}

impl Api {
    fn connect() -> io::Result<Api> {
        let host = env::var("AWS_LAMBDA_RUNTIME_API").expect("runs inside an environment");
        let stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        Ok(Api { host, reader: BufReader::new(stream) })
    }

    // The request's id, where the answer names one, and the body.
    fn call(&mut self, method: &str, path: &str, body: &str) -> io::Result<(String, String)> {
        let request = format!(
            "{method} /2018-06-01/runtime/invocation/{path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.reader.get_mut().write_all(request.as_bytes())?;
        let (mut id, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().unwrap_or(0),
                    "lambda-runtime-aws-request-id" => id = value.trim().to_string(),
                    _ => {}
                }
            }
        }
        let mut answer = vec![0; length];
        self.reader.read_exact(&mut answer)?;
        Ok((id, String::from_utf8_lossy(&answer).into_owned()))
    }
}

fn main() -> io::Result<()> {
    let mut api = Api::connect()?;
    loop {
        let (id, event) = api.call("GET", "next", "")?;
        match handle(&event) {
            Ok(response) => api.call("POST", &format!("{id}/response"), &response)?,
            Err(message) => {
                let error = format!("{{\"errorType\":\"Error\",\"errorMessage\":{message:?}}}");
                api.call("POST", &format!("{id}/error"), &error)?
            }
        };
    }
}
