#include "ui/models/event_store.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QSaveFile>
#include <QStandardPaths>
#include <QUrl>

#include <algorithm>

namespace gantry::models {

namespace {

constexpr qint64 kMaxEventBytes = 8 * 1024 * 1024;
constexpr qsizetype kMaxNameBytes = 200; // of a file name, ".json" aside

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::models::EventStore", text);
}

QString fileName(const QString& name)
{
    // A leading dot would hide the file, or leave the folder.
    return QString::fromLatin1(QUrl::toPercentEncoding(name, " ()", ".")) + QStringLiteral(".json");
}

QString readText(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly) || file.size() > kMaxEventBytes)
        return {};
    return QString::fromUtf8(file.readAll());
}

} // namespace

QList<EventTemplate> eventTemplates()
{
    // The order of the files' names; the digits before the first dash only sort.
    const QDir directory(QStringLiteral(":/events"));
    QList<EventTemplate> templates;
    const QStringList files = directory.entryList(QDir::Files, QDir::Name);
    for (const QString& file : files) {
        const QString base = file.section(QLatin1Char('.'), 0, 0);
        templates.append(
            {base.section(QLatin1Char('-'), 1).replace(QLatin1Char('_'), QLatin1Char(' ')),
             readText(directory.filePath(file))});
    }
    return templates;
}

EventStore::EventStore(QString directory) : m_directory(std::move(directory))
{
    if (m_directory.isEmpty())
        m_directory = QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) +
                      QStringLiteral("/gantry/events");
}

QString EventStore::pathOf(const QString& function, const QString& name) const
{
    return QDir(m_directory)
        .filePath(QString::fromLatin1(QUrl::toPercentEncoding(function, {}, ".")) +
                  QLatin1Char('/') + fileName(name));
}

QStringList EventStore::names(const QString& function) const
{
    const QDir directory(pathOf(function, QString()).section(QLatin1Char('/'), 0, -2));
    QStringList names;
    const QStringList files = directory.entryList({QStringLiteral("*.json")}, QDir::Files);
    for (const QString& file : files) {
        const QString encoded = file.chopped(5);
        if (!encoded.isEmpty())
            names << QUrl::fromPercentEncoding(encoded.toLatin1());
    }
    std::sort(names.begin(), names.end(), [](const QString& a, const QString& b) {
        return a.compare(b, Qt::CaseInsensitive) < 0;
    });
    return names;
}

QString EventStore::load(const QString& function, const QString& name) const
{
    return readText(pathOf(function, name));
}

QString EventStore::save(const QString& function, const QString& name, const QString& text) const
{
    if (name.trimmed().isEmpty())
        return tr("An event needs a name.");
    if (fileName(name).size() > kMaxNameBytes)
        return tr("The name is too long.");
    const QString path = pathOf(function, name);
    QDir().mkpath(path.section(QLatin1Char('/'), 0, -2));
    QSaveFile file(path);
    const QByteArray bytes = text.toUtf8();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return tr("%1 could not be written: %2").arg(path, file.errorString());
    return {};
}

bool EventStore::remove(const QString& function, const QString& name) const
{
    return QFile::remove(pathOf(function, name));
}

} // namespace gantry::models
