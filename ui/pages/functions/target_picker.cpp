#include "ui/pages/functions/target_picker.h"

#include <QSignalBlocker>
#include <QStandardItemModel>

namespace gantry::ui {

namespace {
const QString kNewQueue = QStringLiteral("new queue"); // no ARN
}

TargetPicker::TargetPicker(QWidget* parent) : QComboBox(parent)
{
    setTargets({}, {});
    connect(this, &QComboBox::currentIndexChanged, this, &TargetPicker::take);
}

void TargetPicker::setTargets(const QList<Target>& functions, const QList<Target>& queues)
{
    const QString chosen = target();
    {
        const QSignalBlocker quiet(this);
        clear();
        addItem(tr("None"), QString());
        addGroup(tr("Functions"), functions);
        addGroup(tr("Queues"), queues);
        insertSeparator(count());
        addItem(tr("New queue…"), kNewQueue);
        m_last = 0;
    }
    choose(chosen);
}

void TargetPicker::addGroup(const QString& title, const QList<Target>& targets)
{
    if (targets.isEmpty())
        return;
    addItem(title);
    auto* heading = qobject_cast<QStandardItemModel*>(model())->item(count() - 1);
    heading->setFlags(Qt::NoItemFlags);
    for (const Target& target : targets)
        addItem(target.name, target.arn);
}

void TargetPicker::choose(const QString& arn)
{
    int index = arn.isEmpty() ? 0 : findData(arn);
    if (index < 0) {
        insertItem(1, arn, arn);
        index = 1;
    }
    setCurrentIndex(index);
}

void TargetPicker::take(int index)
{
    if (itemData(index).toString() != kNewQueue) {
        m_last = index;
        Q_EMIT targetChanged();
        return;
    }
    {
        const QSignalBlocker quiet(this);
        setCurrentIndex(m_last);
    }
    Q_EMIT newQueueRequested();
}

} // namespace gantry::ui
