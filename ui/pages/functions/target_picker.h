#pragma once

#include <QComboBox>
#include <QList>
#include <QString>

namespace gantry::ui {

// Chooses where events go on to: nowhere, a function, a queue, or a queue that is still to be made.
// No ARN is typed.
class TargetPicker final : public QComboBox {
    Q_OBJECT
public:
    struct Target {
        QString name;
        QString arn;
    };

    explicit TargetPicker(QWidget* parent = nullptr);

    // Keeps what is chosen.
    void setTargets(const QList<Target>& functions, const QList<Target>& queues);
    // One that is not among the targets is added as it is: of another service, or gone.
    void choose(const QString& arn);
    QString target() const { return currentData().toString(); } // ARN; empty: none

Q_SIGNALS:
    void targetChanged();
    void newQueueRequested();

private:
    void take(int index);
    void addGroup(const QString& title, const QList<Target>& targets);

    int m_last = 0; // what was chosen before "New queue…"
};

} // namespace gantry::ui
