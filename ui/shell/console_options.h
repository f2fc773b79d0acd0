#pragma once

#include <QString>

#include <optional>

namespace gantry::ui {

// What the command line of gantry says.
struct ConsoleOptions {
    QString dataDirectory;   // of a daemon that the console starts
    QString awsAddress;      // host:port of the AWS API of such a daemon
    QString grpcSocket;      // path of the daemon's socket
    QString page;            // route to open first
    bool demo = false;       // deploy the starter functions and a gentle load
    bool measureStart = false;
};

// Sets the program's name and reads the command line; needs no display. An exit code when there is
// nothing more to do: --help, --version, a mistake, or no display to open a window on (said on
// stderr, with what to do about it).
std::optional<int> readOptions(int argc, char** argv, ConsoleOptions& options);

// $XDG_RUNTIME_DIR/gantry/gantryd.sock, else /tmp/gantry-UID/gantryd.sock. The folder is made,
// for its owner alone; empty when someone else owns it.
QString defaultSocketPath();

} // namespace gantry::ui
