#pragma once

#include <QString>

#include <optional>

namespace gantry::models {

// What the platform's REPORT line says about one invocation; it ends every log tail.
struct Report {
    QString requestId;
    double durationMs = 0;
    double billedMs = 0;
    double initMs = 0;    // 0 when the environment was warm or restored
    double restoreMs = 0; // of a SnapStart restore
    int memoryMb = 0;
    int memoryUsedMb = 0;
    QString status; // timeout, error; empty when it went well
};

// Of the last REPORT line in a log.
std::optional<Report> parseReport(const QString& log);

} // namespace gantry::models
