#pragma once

#include "ui/models/package_inference.h"
#include "ui/models/zip_archive.h"
#include "ui/rpc/functions_types.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <vector>

namespace gantry::models {

// A starter function that comes with the console (resources/blueprints).
struct Blueprint {
    QString id;
    QString title;
    QString text;
    QString icon;
    QString family;  // of runtimes
    QString handler;
    int memoryMb = 128;
    int timeoutS = 3;
    QStringList files;
    QByteArray event;              // a first event to try it with
    double demoRatePerSecond = 0;  // of the demo's load; 0: not part of the demo

    QByteArray content(const QString& file) const;
    std::vector<ZipInput> inputs() const;
};

const std::vector<Blueprint>& blueprints();

// The function that a blueprint makes on this host; its runtime is empty when none can run it.
rpc::NewFunction functionFrom(const Blueprint& blueprint, const QList<rpc::RuntimeInfo>& runtimes);

} // namespace gantry::models
