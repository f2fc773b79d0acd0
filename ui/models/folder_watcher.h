#pragma once

#include <QObject>
#include <QString>
#include <QTimer>

class QFileSystemWatcher;

namespace gantry::models {

// Tells when the files of a folder that would go into a package have changed and the writing has
// settled: editors save in several steps, and a redeploy in the middle would deploy half a file.
class FolderWatcher final : public QObject {
    Q_OBJECT
public:
    explicit FolderWatcher(const QString& folder, QObject* parent = nullptr);

    const QString& folder() const { return m_folder; }

Q_SIGNALS:
    void changed();
    void problem(const QString& text);  // the folder is gone or cannot be read; watching goes on

private:
    void scan();
    void scanned(const QStringList& places, const QByteArray& fingerprint, const QString& error);

    QString m_folder;
    QFileSystemWatcher* m_watcher;
    QTimer m_settle;  // restarts with every event
    QByteArray m_fingerprint;
    bool m_scanning = false;
    bool m_again = false;
};

} // namespace gantry::models
