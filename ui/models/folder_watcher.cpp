#include "ui/models/folder_watcher.h"

#include "ui/models/package_source.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QFileSystemWatcher>
#include <QFutureWatcher>
#include <QSet>
#include <QtConcurrent>

namespace gantry::models {
namespace {

constexpr int kSettleMs = 250;
constexpr int kMostPlaces = 8'000;  // inotify watches are a shared, limited resource

struct Scan {
    QStringList places;  // folders and files to watch
    QByteArray fingerprint;
    QString error;
};

Scan scanFolder(const QString& folder)
{
    Scan scan;
    const auto source = PackageSource::open(folder, &scan.error);
    scan.places << folder;
    if (!source)
        return scan;
    const QDir root(folder);
    QSet<QString> folders;
    QStringList files;
    QCryptographicHash hash(QCryptographicHash::Sha1);
    for (const PackageFile& file : source->files()) {
        const QFileInfo info(root.filePath(file.path));
        hash.addData(file.path.toUtf8());
        hash.addData(QByteArray::number(info.size()) + ' ' +
                     QByteArray::number(info.lastModified().toMSecsSinceEpoch()) + '\n');
        folders.insert(info.absolutePath());
        files << info.absoluteFilePath();
    }
    scan.fingerprint = hash.result();
    scan.places += QStringList(folders.begin(), folders.end());
    scan.places += files;
    scan.places.removeDuplicates();
    scan.places = scan.places.mid(0, kMostPlaces);
    return scan;
}

} // namespace

FolderWatcher::FolderWatcher(const QString& folder, QObject* parent)
    : QObject(parent), m_folder(QFileInfo(folder).absoluteFilePath()),
      m_watcher(new QFileSystemWatcher(this))
{
    m_settle.setSingleShot(true);
    m_settle.setInterval(kSettleMs);
    connect(&m_settle, &QTimer::timeout, this, &FolderWatcher::scan);
    const auto touched = [this] { m_settle.start(); };
    connect(m_watcher, &QFileSystemWatcher::directoryChanged, this, touched);
    connect(m_watcher, &QFileSystemWatcher::fileChanged, this, touched);
    scan();
}

void FolderWatcher::scan()
{
    m_again = m_scanning;
    if (m_scanning)
        return;
    m_scanning = true;
    auto* future = new QFutureWatcher<Scan>(this);
    connect(future, &QFutureWatcher<Scan>::finished, this, [this, future] {
        future->deleteLater();
        const Scan scan = future->result();
        scanned(scan.places, scan.fingerprint, scan.error);
    });
    future->setFuture(QtConcurrent::run(&scanFolder, m_folder));
}

void FolderWatcher::scanned(const QStringList& places, const QByteArray& fingerprint,
                            const QString& error)
{
    m_scanning = false;
    // A file that an editor replaced has lost its watch; adding one that exists is harmless.
    const QStringList watched = m_watcher->files() + m_watcher->directories();
    const QSet<QString> before(watched.begin(), watched.end());
    QStringList fresh;
    for (const QString& place : places) {
        if (!before.contains(place))
            fresh << place;
    }
    if (!fresh.isEmpty())
        m_watcher->addPaths(fresh);
    if (!error.isEmpty()) {
        Q_EMIT problem(error);
    } else if (fingerprint != m_fingerprint) {
        const bool first = m_fingerprint.isEmpty();
        m_fingerprint = fingerprint;
        if (!first)
            Q_EMIT changed();
    }
    if (m_again)
        m_settle.start();
}

} // namespace gantry::models
