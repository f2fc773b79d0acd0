package gantry.runtime;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One keep-alive HTTP/1.1 connection to the Runtime API over a plain socket, which starts far
 * sooner than the JDK's HTTP client. The platform always sends Content-Length.
 */
final class RuntimeApi {
    private static final String API = "/2018-06-01/runtime/";

    static final class Message {
        final int status;
        final byte[] body;
        private final Map<String, String> headers;

        Message(int status, Map<String, String> headers, byte[] body) {
            this.status = status;
            this.headers = headers;
            this.body = body;
        }

        /** By its name in lower case; null when it is not there. */
        String header(String name) {
            return headers.get(name);
        }
    }

    private final Socket socket;
    private final InputStream input;
    private final String host;
    private final byte[] nextRequest;
    private boolean asked; // whether the next event was asked for already

    RuntimeApi(String address) throws IOException {
        int colon = address.lastIndexOf(':');
        socket = new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
        socket.setTcpNoDelay(true);
        input = new BufferedInputStream(socket.getInputStream(), 65536);
        host = address;
        nextRequest = ("GET " + API + "invocation/next HTTP/1.1\r\nHost: " + address + "\r\n\r\n")
            .getBytes(StandardCharsets.UTF_8);
    }

    Message next() throws IOException {
        if (!asked)
            socket.getOutputStream().write(nextRequest);
        asked = false;
        return receive();
    }

    /**
     * A post with the request for the next event right behind it: that spares both sides a wake-up
     * for each invocation.
     */
    Message answer(String path, byte[] body, String contentType, String errorType) throws IOException {
        asked = true;
        return send(path, body, contentType, errorType, nextRequest);
    }

    Message post(String path, byte[] body, String contentType, String errorType) throws IOException {
        return send(path, body, contentType, errorType, new byte[0]);
    }

    private Message send(String path, byte[] body, String contentType, String errorType, byte[] behind)
        throws IOException {
        String head = "POST " + API + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: " + contentType
            + "\r\nContent-Length: " + body.length + "\r\n"
            + (errorType == null ? "" : "Lambda-Runtime-Function-Error-Type: " + errorType + "\r\n") + "\r\n";
        ByteArrayOutputStream whole = new ByteArrayOutputStream(head.length() + body.length + behind.length);
        whole.write(head.getBytes(StandardCharsets.UTF_8));
        whole.write(body);
        whole.write(behind);
        whole.writeTo(socket.getOutputStream());
        return receive();
    }

    private Message receive() throws IOException {
        int status = Integer.parseInt(line().split(" ", 3)[1]);
        Map<String, String> headers = new HashMap<>();
        for (String text = line(); !text.isEmpty(); text = line()) {
            int colon = text.indexOf(':');
            headers.put(text.substring(0, colon).toLowerCase(Locale.ROOT), text.substring(colon + 1).trim());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        byte[] body = input.readNBytes(length);
        if (body.length < length)
            throw new EOFException();
        return new Message(status, headers, body);
    }

    private String line() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream(128);
        for (int next = input.read(); next != '\n'; next = input.read()) {
            if (next < 0)
                Runtime.getRuntime().halt(1); // the platform has gone; there is no one to tell
            if (next != '\r')
                text.write(next);
        }
        return text.toString(StandardCharsets.UTF_8);
    }
}
