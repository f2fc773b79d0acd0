#pragma once

#include <string>
#include <string_view>

namespace gantry::runtime {

enum class Endpoint {
    Next,
    Response,
    Error,
    InitError,
    RestoreNext,
    RestoreError,
    Ping,
    ExtensionRegister,
    ExtensionNext,
    ExtensionInitError,
    ExtensionExitError,
    Telemetry,
    Logs,
    Unknown
};

// A path of the Runtime API, taken apart.
struct Route {
    Endpoint endpoint = Endpoint::Unknown;
    std::string requestId;

    bool isOfExtension() const
    {
        return endpoint >= Endpoint::ExtensionRegister && endpoint <= Endpoint::Logs;
    }
    bool isOfRestore() const
    {
        return endpoint == Endpoint::RestoreNext || endpoint == Endpoint::RestoreError;
    }
    bool isInitError() const
    {
        return endpoint == Endpoint::InitError || endpoint == Endpoint::RestoreError;
    }
    bool isPut() const { return endpoint == Endpoint::Telemetry || endpoint == Endpoint::Logs; }
    bool isPost() const
    {
        return (isOfExtension() && !isPut() && endpoint != Endpoint::ExtensionNext) ||
               endpoint == Endpoint::Response || endpoint == Endpoint::Error || isInitError();
    }
};

Route routeOf(std::string_view target);

std::string_view statusText(int status);

// Appends "Name: value\r\n", or nothing when the value is empty. A value cannot end the header.
void appendHeader(std::string& head, std::string_view name, std::string_view value);

// Empty when the text is no base64.
std::string decodeBase64(std::string_view text);

} // namespace gantry::runtime
