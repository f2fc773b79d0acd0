#include "ui/shell/quiet_hours_dialog.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTimeEdit>
#include <QVBoxLayout>

namespace gantry::ui {

using models::QuietHours;
using widgets::Theme;

namespace {

QTimeEdit* makeTime(const QString& name, const QString& title, const QTime& time, QWidget* parent)
{
    auto* edit = new QTimeEdit(time, parent);
    widgets::identify(edit, name, title);
    edit->setDisplayFormat(QStringLiteral("HH:mm"));
    return edit;
}

} // namespace

QuietHoursDialog::QuietHoursDialog(const QuietHours& hours, QWidget* parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("quietHoursDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Quiet hours"));
    auto* on = new QCheckBox(tr("Do not disturb the desktop every day"), this);
    widgets::identify(on, QStringLiteral("quietOn"), on->text(),
                      tr("Alarms are judged and kept all the same; the window tells of them"));
    on->setChecked(hours.on);
    auto* from = makeTime(QStringLiteral("quietFrom"), tr("Quiet from"), hours.from, this);
    auto* to = makeTime(QStringLiteral("quietTo"), tr("Quiet until"), hours.to, this);
    const auto enable = [from, to](bool enabled) {
        from->setEnabled(enabled);
        to->setEnabled(enabled);
    };
    enable(hours.on);
    connect(on, &QCheckBox::toggled, this, enable);
    auto* cancel = widgets::makeButton(QStringLiteral("quietCancel"), tr("Cancel"),
                                       widgets::ButtonKind::Normal, {}, this);
    auto* save = widgets::makeButton(QStringLiteral("quietSave"), tr("Save"),
                                     widgets::ButtonKind::Primary, {}, this);
    save->setDefault(true);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(save, &QPushButton::clicked, this, [this, on, from, to] {
        Q_EMIT chosen({on->isChecked(), from->time(), to->time()});
        accept();
    });

    auto* form = new QFormLayout;
    form->addRow(tr("From"), from);
    form->addRow(tr("Until"), to);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(save);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin, Theme::kMargin);
    layout->setSpacing(Theme::kMargin);
    layout->addWidget(on);
    layout->addLayout(form);
    layout->addWidget(widgets::makeCaption(
        tr("In the window, alarms are told at any time; times are those of this desktop."), this));
    layout->addLayout(buttons);
}

} // namespace gantry::ui
