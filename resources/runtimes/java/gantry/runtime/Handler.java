package gantry.runtime;

import java.io.OutputStream;

/** A function ready to be called: takes an event's bytes and writes those of the response. */
interface Handler {
    void handle(byte[] event, OutputStream response, Invocation invocation) throws Throwable;
}
