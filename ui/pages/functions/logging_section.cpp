#include "ui/pages/functions/logging_section.h"

#include "ui/models/configuration_draft.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kLabelWidth = 132;
constexpr int kBoxWidth = 240;
constexpr int kLongestGroup = 512;

void choose(QComboBox* box, const QString& text)
{
    const QSignalBlocker quiet(box);
    box->setCurrentText(text);
}

} // namespace

LoggingSection::LoggingSection(QWidget* parent)
    : QFrame(parent), m_format(new QComboBox), m_application(new QComboBox),
      m_system(new QComboBox), m_group(new QComboBox), m_hint(widgets::makeCaption({})),
      m_problem(widgets::makeCaption({}))
{
    setProperty("card", true);
    widgets::identify(m_format, QStringLiteral("logFormat"), tr("Log format"),
                      tr("Text, or JSON objects that can be filtered by level"));
    m_format->addItems({QStringLiteral("Text"), QStringLiteral("JSON")});
    widgets::identify(m_application, QStringLiteral("applicationLogLevel"),
                      tr("Application log level"),
                      tr("Lines of the function below this level are not kept"));
    m_application->addItems({QStringLiteral("TRACE"), QStringLiteral("DEBUG"),
                             QStringLiteral("INFO"), QStringLiteral("WARN"),
                             QStringLiteral("ERROR"), QStringLiteral("FATAL")});
    widgets::identify(m_system, QStringLiteral("systemLogLevel"), tr("System log level"),
                      tr("Records of the platform below this level are not kept"));
    m_system->addItems(
        {QStringLiteral("DEBUG"), QStringLiteral("INFO"), QStringLiteral("WARN")});
    widgets::identify(m_group, QStringLiteral("logGroup"), tr("Log group"),
                      tr("A group that there is, or the name of a new one"));
    m_group->setEditable(true);
    m_group->setInsertPolicy(QComboBox::NoInsert);
    m_group->lineEdit()->setMaxLength(kLongestGroup);
    m_group->lineEdit()->setFont(Theme::current().font(Theme::Mono));
    m_hint->setObjectName(QStringLiteral("logHint"));
    m_problem->setObjectName(QStringLiteral("logGroupProblem"));
    m_problem->setProperty("tone", QStringLiteral("error"));

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::kMargin);
    grid->setVerticalSpacing(Theme::kSpace * 3 / 4);
    grid->setColumnMinimumWidth(0, kLabelWidth);
    grid->setColumnStretch(1, 1);
    const auto row = [grid](const QString& label, QWidget* control) {
        auto* name = new QLabel(label);
        name->setBuddy(control);
        const int at = grid->rowCount();
        grid->addWidget(name, at, 0);
        grid->addWidget(control, at, 1);
    };
    for (QComboBox* box : {m_format, m_application, m_system})
        box->setMaximumWidth(kBoxWidth);
    row(tr("Format"), m_format);
    row(tr("Application level"), m_application);
    row(tr("System level"), m_system);
    grid->addWidget(m_hint, grid->rowCount(), 1);
    row(tr("Log group"), m_group);
    grid->addWidget(m_problem, grid->rowCount(), 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Logging"), this));
    column->addLayout(grid);
    for (QComboBox* box : {m_format, m_application, m_system})
        connect(box, &QComboBox::currentIndexChanged, this, &LoggingSection::edited);
    connect(m_group, &QComboBox::currentTextChanged, this, &LoggingSection::edited);
    showState();
}

rpc::LogSettings LoggingSection::values() const
{
    rpc::LogSettings values;
    values.json = m_format->currentIndex() == 1;
    values.applicationLevel = m_application->currentText();
    values.systemLevel = m_system->currentText();
    values.group = m_group->currentText();
    return values;
}

void LoggingSection::setValues(const rpc::LogSettings& values)
{
    choose(m_format, values.json ? QStringLiteral("JSON") : QStringLiteral("Text"));
    choose(m_application, values.applicationLevel);
    choose(m_system, values.systemLevel);
    choose(m_group, values.group);
    showState();
}

void LoggingSection::setGroups(const QStringList& groups)
{
    const QSignalBlocker quiet(m_group);
    const QString chosen = m_group->currentText();
    m_group->clear();
    m_group->addItems(groups);
    m_group->setCurrentText(chosen);
}

bool LoggingSection::isValid() const
{
    return models::logGroupProblem(m_group->currentText()).isEmpty();
}

void LoggingSection::edited()
{
    showState();
    Q_EMIT changed();
}

void LoggingSection::showState()
{
    const bool json = m_format->currentIndex() == 1;
    m_application->setEnabled(json);
    m_system->setEnabled(json);
    m_hint->setText(json ? tr("What is below a level is not kept. Lines that are no JSON, such as "
                              "those of print(), have no level and stay.")
                         : tr("Levels need the format JSON."));
    const QString problem = models::logGroupProblem(m_group->currentText());
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
}

} // namespace gantry::ui
