#pragma once

#include <QObject>

class QDBusVariant;

namespace gantry::ui {

// Whether the desktop prefers dark windows. Qt 6.4 does not tell, so this asks the desktop portal,
// without waiting for it, and follows its changes; where no portal answers, GTK's settings decide.
class SystemScheme final : public QObject {
    Q_OBJECT
public:
    explicit SystemScheme(QObject* parent = nullptr);

    void start();
    // GTK's settings.ini says dark.
    static bool gtkPrefersDark(const QString& settingsFile);

Q_SIGNALS:
    void darkChanged(bool dark);

private Q_SLOTS:
    void settingChanged(const QString& group, const QString& key, const QDBusVariant& value);

private:
    void useGtkSettings();
};

} // namespace gantry::ui
