#pragma once

#include <QByteArray>
#include <QString>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace gantry::models {

struct PackageFile;

// Zip files by libarchive. All of it blocks: use on a worker thread. Sizes that a zip claims are
// not believed; reads stop at their limit.

std::optional<std::vector<PackageFile>> listZipArchive(const QString& path, size_t mostFiles,
                                                       QString* error);

// Empty when the entry is missing or larger than limit.
QByteArray readZipEntry(const QString& path, const QString& entry, qint64 limit);

// Gives the first bytes of every file, in the order of the zip.
void readZipHeads(const QString& path, int bytes,
                  const std::function<void(const QString& path, const QByteArray& head)>& take);

// What the editor works on.
struct ZipContent {
    QByteArray bytes;
    bool executable = false;
};
// Every file of a zip in memory. Fails when the files together exceed limit bytes.
std::optional<std::map<QString, ZipContent>> unzip(const QByteArray& zip, qint64 limit,
                                                   QString* error);

// One file to be written.
struct ZipInput {
    QString path;
    bool executable = false;
    std::function<std::optional<QByteArray>()> content;  // read at its turn; none: unreadable
};

// The zip of the inputs: the same bytes for the same files (no times inside), so that a deploy of
// unchanged code can be seen as such. progress gets the files done; returning false cancels.
std::optional<QByteArray> writeZip(const std::vector<ZipInput>& inputs,
                                   const std::function<bool(int)>& progress, QString* error);

} // namespace gantry::models
