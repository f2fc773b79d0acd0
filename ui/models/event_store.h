#pragma once

#include <QList>
#include <QString>
#include <QStringList>

namespace gantry::models {

// A ready-made event of a common source, e.g. an S3 put.
struct EventTemplate {
    QString name;
    QString text; // JSON
};

// Those in resources/events, hello-world first.
QList<EventTemplate> eventTemplates();

// The user's own test events: one JSON file each in DIRECTORY/FUNCTION, as many as the disk holds.
// They belong to the console, not to the platform, and survive the function.
class EventStore final {
public:
    // Empty: gantry/events in the user's configuration directory.
    explicit EventStore(QString directory = {});

    QStringList names(const QString& function) const;
    // Empty when it cannot be read.
    QString load(const QString& function, const QString& name) const;
    // An empty string, or why it could not be saved.
    QString save(const QString& function, const QString& name, const QString& text) const;
    bool remove(const QString& function, const QString& name) const;

private:
    QString pathOf(const QString& function, const QString& name) const;

    QString m_directory;
};

} // namespace gantry::models
