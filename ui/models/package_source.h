#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace gantry::models {

// One file of a deployment package.
struct PackageFile {
    QString path;  // relative, with forward slashes
    qint64 size = 0;
    bool executable = false;
};

// What the user dropped: a folder or a zip. Lists its files and reads them; knows nothing about
// runtimes. Blocking: used on a worker thread. Ignored are what tools and editors leave behind and
// what a .gantryignore file names, one glob a line as in .gitignore, without negation.
class PackageSource final {
public:
    // Fails in words for the user: no such folder, a link out of the folder, too many files.
    static std::optional<PackageSource> open(const QString& path, QString* error);

    bool isZip() const { return m_zip; }
    const QString& path() const { return m_path; }
    const std::vector<PackageFile>& files() const { return m_files; }  // sorted by path
    const QStringList& ignored() const { return m_ignored; }  // relative paths, a folder once
    qint64 totalSize() const;
    bool contains(const QString& relativePath) const;

    // The content of a small file (at most limit bytes); empty when it is missing or larger.
    QByteArray read(const QString& relativePath, qint64 limit = 1 << 20) const;

    // Its first bytes; of a folder's files only.
    QByteArray head(const QString& relativePath, qint64 bytes) const;

private:
    bool listFolder(QString* error);
    bool listZip(QString* error);

    QString m_path;
    bool m_zip = false;
    std::vector<PackageFile> m_files;
    QStringList m_ignored;
};

} // namespace gantry::models
