#pragma once

#include <QMap>
#include <QString>

namespace gantry::models {

class PackageSource;

// The native programs and libraries of a package: for each processor, as Lambda names it (or
// "other"), the first file that is for it.
using NativeFiles = QMap<QString, QString>;

// Reads the head of every file: use on a worker thread.
NativeFiles nativeFilesOf(const PackageSource& source);

// What is wrong with them on that architecture, with the offending file; empty when nothing is.
QString architectureProblem(const NativeFiles& natives, const QString& architecture);

} // namespace gantry::models
