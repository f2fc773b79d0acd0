#include "backend/daemon/parts.h"

#include "backend/base/error.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/store/files.h"
#include "gantry/v1/telemetry_export.pb.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

// Metrics and traces for other monitoring: what is chosen, and where the choice is remembered.
namespace gantry {
namespace {

namespace fs = std::filesystem;

constexpr char kSubject[] = "telemetry-export"; // that the choice is sealed for

fs::path choiceFile(const DaemonOptions& options)
{
    return fs::path(options.dataDirectory) / "telemetry-export";
}

v1::TelemetryExportSettings settingsOf(const DaemonOptions& options)
{
    v1::TelemetryExportSettings settings;
    settings.set_on(!options.otlpEndpoint.empty());
    settings.set_endpoint(options.otlpEndpoint);
    settings.set_interval_seconds(options.otlpIntervalSeconds);
    settings.set_traces(options.otlpTraces);
    for (const std::string& pair : options.otlpHeaders) {
        const std::size_t equals = pair.find('=');
        v1::ExportHeader& header = *settings.add_headers();
        header.set_name(pair.substr(0, equals));
        header.set_value(equals == std::string::npos ? "" : pair.substr(equals + 1));
    }
    return settings;
}

} // namespace

// What the command line asks for must be right; what was chosen once must not keep the platform down.
absl::Status Daemon::Parts::openExport()
{
    exporter = std::make_unique<api::OtlpExporter>(
        io, clock, observe::otlp::Origin{account->id(), account->region()},
        [this] { return observe::otlp::totalsOf(recorder->metrics()); });
    traces->onStored([this](std::vector<std::string> documents) {
        exporter->addSegments(std::move(documents));
    });
    if (!options.otlpEndpoint.empty()) {
        const v1::TelemetryExportSettings settings = settingsOf(options);
        if (const absl::Status status = api::checkExport(settings); !status.ok())
            return absl::InvalidArgumentError(awsErrorOf(status).message);
        applyExport(settings);
        return absl::OkStatus();
    }
    const auto sealed = store::readFile(choiceFile(options));
    if (!sealed.ok())
        return absl::OkStatus();
    const auto opened = sealing().open(kSubject, *sealed);
    v1::TelemetryExportSettings settings;
    if (!opened.ok() || !settings.ParseFromString(*opened) || !api::checkExport(settings).ok())
        log::warning("metrics are not exported: what was chosen cannot be read; choose again");
    else
        applyExport(settings);
    return absl::OkStatus();
}

void Daemon::Parts::applyExport(const v1::TelemetryExportSettings& settings)
{
    exporter->configure(settings);
    traces->keepStored(exporter->takesTraces());
}

absl::Status Daemon::Parts::changeExport(v1::TelemetryExportSettings settings)
{
    for (v1::ExportHeader& header : *settings.mutable_headers()) {
        const auto& known = exporter->settings().headers();
        const auto same = std::find_if(known.begin(), known.end(), [&header](const auto& each) {
            return each.name() == header.name();
        });
        if (header.value().empty() && same != known.end())
            header.set_value(same->value());
    }
    if (absl::Status status = api::checkExport(settings); !status.ok())
        return status;
    const auto sealed = sealing().seal(kSubject, settings.SerializeAsString());
    if (!sealed.ok())
        return sealed.status();
    const fs::path file = choiceFile(options);
    fs::path temporary = file;
    temporary += ".new";
    std::error_code error;
    fs::remove(temporary, error);
    if (const absl::Status written = store::writeDurably(file, *sealed, temporary); !written.ok())
        return serviceError(std::string(view(written.message())));
    applyExport(settings);
    return absl::OkStatus();
}

v1::TelemetryExportStatus Daemon::Parts::exportStatus() const
{
    v1::TelemetryExportStatus status = exporter->status();
    if (options.serveMetrics)
        status.set_prometheus_endpoint(absl::StrCat(awsEndpoint(), "/metrics"));
    return status;
}

} // namespace gantry
