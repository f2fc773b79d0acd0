#pragma once

#include "ui/models/zip_archive.h"

#include <QByteArray>
#include <QObject>
#include <QString>
#include <QStringList>

#include <map>
#include <vector>

namespace gantry::models {

// The files of a function while they are edited: what is deployed, what was changed since, and the
// package that a deploy of it all would send.
class CodeWorkspace final : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    // Replaces everything by what is deployed.
    void load(std::map<QString, ZipContent> files);

    QStringList paths() const;  // sorted
    bool contains(const QString& path) const { return m_files.count(path) > 0; }
    QByteArray content(const QString& path) const;
    // Text small enough to edit; others are carried along untouched.
    bool isEditable(const QString& path) const;
    bool isChanged(const QString& path) const;
    bool hasChanges() const;

    void setContent(const QString& path, const QByteArray& content);
    // False, with the reason, when the name cannot be one of a file in a package.
    bool addFile(const QString& path, QString* error);
    bool rename(const QString& from, const QString& to, QString* error);
    void remove(const QString& path);

    std::vector<ZipInput> inputs() const;
    // What inputs() held is deployed now; later edits stay changes.
    void markDeployed(const std::map<QString, QByteArray>& sent);
    std::map<QString, QByteArray> snapshot() const;

Q_SIGNALS:
    void filesChanged();                        // which files there are
    void fileChanged(const QString& path);      // whether one differs from what is deployed

private:
    struct File {
        ZipContent now;
        QByteArray deployed;
        bool isNew = false;
    };
    bool checkName(const QString& path, QString* error) const;

    std::map<QString, File> m_files;
    bool m_removedSome = false;
};

} // namespace gantry::models
