"""The drug catalogue with its dated prices and disease scope."""

from tortoise import fields

from models.row import Row
from policy.terms import DrugKind, DrugRestriction, ListClass, PriceKind


class Drug(Row):
    """A medicine of the national catalogue (医保药品)."""

    code = fields.CharField(max_length=23, primary_key=True, description="医保药品编码")
    generic_name = fields.CharField(max_length=100, db_index=True, description="通用名")
    ingredient = fields.CharField(max_length=100, description="有效成分")
    form = fields.CharField(max_length=30, description="剂型")
    spec = fields.CharField(max_length=60, description="规格")
    manufacturer = fields.CharField(max_length=100, description="生产企业")
    approval_number = fields.CharField(max_length=50, description="批准文号")
    pinyin = fields.CharField(max_length=60, default="", description="拼音首字母")
    pinyin_readings = fields.CharField(
        max_length=2000, default="", db_default="", description="拼音检索码: 各读音的首字母与全拼, 空格分隔"
    )
    kind = fields.CharEnumField(DrugKind, max_length=32, description="药品类别")
    list_class = fields.CharEnumField(ListClass, max_length=32, description="目录等级")
    restriction = fields.CharEnumField(
        DrugRestriction, max_length=32, null=True, description="不纳入流转的原因"
    )
    package_unit = fields.CharField(max_length=8, default="盒", description="包装单位")
    base_unit = fields.CharField(max_length=8, default="片", description="最小制剂单位")
    units_per_package = fields.DecimalField(
        max_digits=16, decimal_places=4, description="每包装最小制剂单位数"
    )
    is_insulin = fields.BooleanField(default=False, description="胰岛素")
    is_essential = fields.BooleanField(default=False, description="国家基本药物")
    is_vbp = fields.BooleanField(default=False, description="集采中选")
    is_negotiated = fields.BooleanField(default=False, description="国谈药品")
    is_dual_channel = fields.BooleanField(default=False, description="双通道药品")
    is_consumable = fields.BooleanField(default=False, description="耗材或服务项目")
    is_otc = fields.BooleanField(default=False, db_default=False, description="非处方药")
    limited_use = fields.BooleanField(default=False, description="限制使用标志")
    min_tier = fields.SmallIntField(null=True, description="限医疗机构等级")
    is_sample = fields.BooleanField(default=False, description="示例数据")

    class Meta:
        table = "drug"
        table_description = "医保药品目录"


class DrugDisease(Row):
    """A drug that treats a special disease (门诊特殊病种用药范围)."""

    id = fields.UUIDField(primary_key=True)
    drug: fields.ForeignKeyRelation[Drug] = fields.ForeignKeyField(
        "models.Drug", related_name="diseases", description="药品"
    )
    drug_id: str
    disease_code = fields.CharField(max_length=30, description="病种编码")

    class Meta:
        table = "drug_disease"
        table_description = "病种用药范围"
        unique_together = (("drug", "disease_code"),)


class DrugPrice(Row):
    """A published price with its dates (挂网价、中选价、谈判价、支付标准)."""

    id = fields.UUIDField(primary_key=True)
    drug: fields.ForeignKeyRelation[Drug] = fields.ForeignKeyField(
        "models.Drug", related_name="prices", description="药品"
    )
    drug_id: str
    area = fields.CharField(max_length=6, description="适用地区")
    kind = fields.CharEnumField(PriceKind, max_length=32, description="价格类型")
    amount = fields.DecimalField(max_digits=16, decimal_places=6, description="价格, 元/包装")
    since = fields.DateField(description="执行起")
    until = fields.DateField(null=True, description="执行止")
    source = fields.CharField(max_length=100, description="来源")

    class Meta:
        table = "drug_price"
        table_description = "药品价格"
        unique_together = (("drug", "area", "kind", "since", "source"),)


class TracePrefix(Row):
    """The first seven digits of a drug's trace codes (追溯码标识码). A drug may have several."""

    prefix = fields.CharField(max_length=7, primary_key=True, description="追溯码前七位")
    drug: fields.ForeignKeyRelation[Drug] = fields.ForeignKeyField(
        "models.Drug", related_name="trace_prefixes", description="药品"
    )
    drug_id: str

    class Meta:
        table = "trace_prefix"
        table_description = "追溯码标识码"
