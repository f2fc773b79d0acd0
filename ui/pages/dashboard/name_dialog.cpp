#include "ui/pages/dashboard/name_dialog.h"

#include "ui/models/dashboard.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

NameDialog::NameDialog(const QString& title, const QString& suggestion, const QStringList& taken,
                       QWidget* parent)
    : QDialog(parent), m_taken(taken), m_name(new QLineEdit(this)),
      m_problem(widgets::makeCaption({}, this))
{
    setObjectName(QStringLiteral("dashboardNameDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    widgets::identify(m_name, QStringLiteral("dashboardName"), tr("Name of the dashboard"));
    QString name = models::dashboardNameFrom(suggestion);
    for (int number = 2; m_taken.contains(name); ++number)
        name = QStringLiteral("%1-%2").arg(models::dashboardNameFrom(suggestion)).arg(number);
    m_name->setText(name);
    m_name->setMinimumWidth(320);
    m_name->selectAll();
    m_problem->setObjectName(QStringLiteral("dashboardNameProblem"));
    m_ok = widgets::makeButton(QStringLiteral("dashboardNameOk"), tr("OK"),
                               widgets::ButtonKind::Primary, {}, this);
    m_ok->setDefault(true);
    auto* cancel = widgets::makeButton(QStringLiteral("dashboardNameCancel"), tr("Cancel"),
                                       widgets::ButtonKind::Normal, {}, this);
    cancel->setAutoDefault(false);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(m_ok);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::kPageMargin, Theme::kMargin, Theme::kPageMargin,
                               Theme::kMargin);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(widgets::makeHeading(title, this));
    layout->addWidget(m_name);
    layout->addWidget(m_problem);
    layout->addLayout(buttons);
    connect(m_name, &QLineEdit::textChanged, this, &NameDialog::check);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_ok, &QPushButton::clicked, this, [this] {
        Q_EMIT chosen(m_name->text());
        accept();
    });
    check();
}

void NameDialog::check()
{
    const QString name = m_name->text();
    const bool valid = models::isDashboardName(name);
    const bool taken = m_taken.contains(name);
    m_ok->setEnabled(valid && !taken);
    m_problem->setText(taken    ? tr("There is a dashboard of this name.")
                       : !valid ? tr("Letters, digits, - and _, as in CloudWatch: at least one.")
                                : tr("The AWS CLI and SDKs know it by this name."));
}

} // namespace gantry::ui
