#pragma once

#include <QObject>
#include <QString>

#include <functional>

class QProcess;

namespace gantry::models {

// Where clients of this user keep the authorities that they trust: the NSS database that Chromium,
// Chrome and others share is written with certutil, which asks for no rights. The system's store
// needs root: for that there are only words.
class TrustStore final : public QObject {
    Q_OBJECT
public:
    explicit TrustStore(QObject* parent = nullptr);

    // Empty when libnss3-tools is not installed.
    static QString certutil();
    static QString databaseDirectory(); // ~/.pki/nssdb
    // What a user types to do the same, or to have the whole system trust it.
    static QString userCommand(const QString& name, const QString& file);
    static QString systemCommand(const QString& file);
    static QString programLines(const QString& file, const QString& endpoint);

    bool isBusy() const { return m_process != nullptr; }
    // Makes the database when there is none, and adds the authority to it for servers only.
    void install(const QString& name, const QString& certificateFile);
    void remove(const QString& name);
    // Whether the database has it; answers by checked().
    void check(const QString& name);

Q_SIGNALS:
    void checked(bool trusted);
    void done(bool ok, const QString& problem);

private:
    void run(const QStringList& arguments, std::function<void(bool ok, const QString& output)> then);

    QProcess* m_process = nullptr;
};

} // namespace gantry::models
