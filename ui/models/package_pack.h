#pragma once

#include "ui/models/zip_archive.h"

#include <QByteArray>
#include <QString>

#include <functional>
#include <vector>

namespace gantry::models {

// A zip within the platform's limits, or in words why there is none. All of it blocks: use on a
// worker thread.
struct PackedPackage {
    QByteArray zip;
    QString error;
};

// Gets the files done and their number; returning false cancels.
using PackProgress = std::function<bool(int, int)>;

PackedPackage packInputs(const std::vector<ZipInput>& inputs, const PackProgress& progress);
// Of a folder, without what PackageSource ignores; a zip stays as it is: what the user made is what
// is sent.
PackedPackage packPath(const QString& path, const PackProgress& progress);

} // namespace gantry::models
