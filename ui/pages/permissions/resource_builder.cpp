#include "ui/pages/permissions/resource_builder.h"

#include "ui/models/action_catalogue.h"
#include "ui/models/known_resources.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

ResourceBuilder::ResourceBuilder(models::KnownResources& known, const QStringList& actions,
                                 QWidget* parent)
    : QDialog(parent), m_known(known)
{
    setWindowTitle(tr("Choose a resource"));
    setObjectName(QStringLiteral("resourceBuilder"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(940, 560);
    auto* search = new widgets::SearchField(QStringLiteral("resourceSearch"),
                                            tr("Filter what is on this platform"));
    m_table = new TextTable(QStringLiteral("resourceTable"), tr("Resources on this platform"),
                            {tr("Kind"), tr("Name"), tr("ARN")}, {90, 200, 400});
    m_type = new QComboBox;
    widgets::identify(m_type, QStringLiteral("resourceType"), tr("Type of resource"));
    m_region = new QComboBox;
    widgets::identify(m_region, QStringLiteral("resourceRegion"), tr("Region of the resource"),
                      tr("The platform's own comes first; * stands for every region"));
    m_arn = new QLineEdit;
    widgets::identify(m_arn, QStringLiteral("resourceArn"), tr("ARN of the resource"),
                      tr("* stands for any run of characters, ? for one"));
    m_arn->setPlaceholderText(tr("arn:aws:..., or * for everything"));
    m_ok = widgets::makeButton(QStringLiteral("resourcePick"), tr("Add resource"), ButtonKind::Primary);
    m_ok->setEnabled(false);
    auto* cancel = widgets::makeButton(QStringLiteral("resourceCancel"), tr("Cancel"));
    auto* form = new QHBoxLayout;
    form->addWidget(m_type);
    form->addWidget(m_region);
    form->addWidget(m_arn, 1);
    auto* bottom = new QHBoxLayout;
    bottom->addStretch(1);
    bottom->addWidget(cancel);
    bottom->addWidget(m_ok);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(Theme::kSpace);
    column->addWidget(search);
    column->addWidget(m_table, 1);
    column->addWidget(widgets::makeCaption(
        tr("Or begin with the form that ARNs of a type have, and fill in the names.")));
    column->addLayout(form);
    column->addLayout(bottom);
    fillTypes(actions);
    fillKnown();
    connect(&m_known, &models::KnownResources::changed, this, &ResourceBuilder::fillKnown);
    connect(search, &QLineEdit::textChanged, m_table, &TextTable::setFilter);
    connect(m_table, &TextTable::currentIdChanged, this, [this] {
        if (!m_table->currentId().isEmpty())
            m_arn->setText(m_table->currentId());
    });
    connect(m_type, &QComboBox::activated, this, &ResourceBuilder::fillArn);
    connect(m_region, &QComboBox::activated, this, &ResourceBuilder::fillArn);
    connect(m_arn, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_ok->setEnabled(text == QLatin1String("*") || text.count(QLatin1Char(':')) >= 5);
    });
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_ok, &QPushButton::clicked, this, [this] {
        Q_EMIT picked(m_arn->text().trimmed());
        accept();
    });
}

void ResourceBuilder::fillKnown()
{
    QList<models::TextTableModel::Row> rows;
    for (const models::KnownResource& resource : m_known.all())
        rows.append({resource.arn, {resource.kind, resource.name, resource.arn}, resource.arn});
    m_table->setRows(rows);
    m_table->setPlaceholder(tr("There is nothing on this platform yet that a policy could name."));
    fillRegions();
}

void ResourceBuilder::fillRegions()
{
    const QString chosen = m_region->count() > 1 ? m_region->currentText() : QString();
    m_region->clear();
    m_region->addItems(m_known.regions());
    m_region->addItem(QStringLiteral("*"));
    m_region->setCurrentIndex(std::max(0, m_region->findText(chosen)));
    m_region->setEnabled(m_type->currentData().toString().contains(QLatin1String("${Region}")));
}

void ResourceBuilder::fillArn()
{
    QString arn = m_type->currentData().toString();
    m_region->setEnabled(arn.contains(QLatin1String("${Region}")));
    arn.replace(QLatin1String("${Region}"), m_region->currentText());
    arn.replace(QLatin1String("${Account}"), m_known.account());
    arn.replace(QRegularExpression(QStringLiteral("\\$\\{[A-Za-z]+\\}")), QStringLiteral("*"));
    m_arn->setText(arn);
    m_arn->setCursorPosition(0);
}

void ResourceBuilder::fillTypes(const QStringList& actions)
{
    m_type->addItem(tr("Everything"), QStringLiteral("*"));
    const auto add = [this](const models::CatalogueService& service) {
        for (const models::CatalogueResource& resource : service.resources)
            m_type->addItem(QStringLiteral("%1 %2").arg(service.prefix, resource.type), resource.arn);
    };
    QStringList first;
    for (const QString& action : actions)
        first.append(action.section(QLatin1Char(':'), 0, 0));
    first.removeDuplicates();
    const models::ActionCatalogue& catalogue = models::ActionCatalogue::instance();
    for (const QString& prefix : std::as_const(first)) {
        if (const models::CatalogueService* service = catalogue.service(prefix))
            add(*service);
    }
    for (const models::CatalogueService& service : catalogue.services()) {
        if (!first.contains(service.prefix))
            add(service);
    }
}

} // namespace gantry::ui
